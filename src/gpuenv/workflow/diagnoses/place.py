"""Finds the machine and the environment that a diagnosis is of: detected, described, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.detect.host import detect_host
from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.hardware import HostFacts, Presence
from gpuenv.models.platform import PythonVersion
from gpuenv.models.resolution import Conflict
from gpuenv.workflow.target import DETECTED, choose_target, select_gpus

if TYPE_CHECKING:
    from gpuenv.models.environment import Environment
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options


def find_machine(options: Options, surroundings: Surroundings, matrix: CompatibilityMatrix) -> HostFacts:
    """Detect this machine with the GPUs that `--gpu` selects, or take the described one."""
    described = _described(options, surroundings, matrix)
    if described is not None:
        return described
    machine = detect_host(surroundings, gpu_models=lambda: matrix.gpus, architectures=lambda: matrix.architectures)
    return replace(machine, gpus=select_gpus(machine.gpus, options.gpus)) if machine.gpus else machine


def find_possible_machine(
    options: Options, surroundings: Surroundings, matrix: CompatibilityMatrix
) -> HostFacts | None:
    """As `find_machine`; None where the text cannot be of this machine, or where it cannot be detected at all."""
    described = _described(options, surroundings, matrix)
    if described is not None:
        return described
    try:
        machine = detect_host(surroundings, gpu_models=lambda: matrix.gpus, architectures=lambda: matrix.architectures)
    except UsageError:
        raise
    except GpuenvError:
        return None  # a text can be read on any machine
    return None if machine.presence is Presence.ABSENT else machine


def _described(options: Options, surroundings: Surroundings, matrix: CompatibilityMatrix) -> HostFacts | None:
    if options.target in DETECTED:
        return None
    chosen = choose_target(
        options,
        surroundings,
        python=_python(options),
        gpu_models=lambda: matrix.gpus,
    )
    if isinstance(chosen, Conflict):
        raise UsageError(chosen.reason.code, **chosen.reason.context)
    target = chosen.target
    return HostFacts(
        gpus=target.gpus,
        driver=target.driver,
        platform=target.platform,
        presence=Presence.ABSENT if target.is_cpu else Presence.PRESENT,
    )


def _python(options: Options) -> PythonVersion:
    """The Python of a described target; no cause depends on it."""
    try:
        return PythonVersion.parse(Path(options.python or "3.12").name.removeprefix("python"))
    except ValueError as error:
        raise UsageError("python-version-invalid", python=options.python) from error


def find_diagnosed_environment(options: Options, surroundings: Surroundings) -> Environment | None:
    """Read the environment; None where none was named and there is none."""
    try:
        return read_environment(find_environment(options.venv, surroundings), surroundings=surroundings)
    except GpuenvError as error:
        if options.venv is None and error.code == "environment-not-found":
            return None
        raise
