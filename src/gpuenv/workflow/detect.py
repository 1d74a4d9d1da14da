"""Detects this machine and its environment, and writes the description down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuenv.detect.details import read_details
from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.detect.host import detect_host
from gpuenv.errors import GpuenvError
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import HostDetails, HostFacts
    from gpuenv.models.matrix import GpuModel
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What this machine is."""

    host: HostFacts
    details: HostDetails
    environment: Environment | None
    """None where there is none, or where the one that happens to be there cannot be read."""
    notes: tuple[Notice, ...] = ()
    saved: Path | None = None


def detect(options: Options, surroundings: Surroundings, *, save: str | None = None) -> Detection:
    """Detect the machine; with `save` also write its description to that file.

    An environment that was named has to be readable; of the one found by default a fault is only noted.
    """

    def gpu_models() -> Sequence[GpuModel]:
        from gpuenv.matrix.catalog import load_gpu_models  # noqa: PLC0415 - only where a card has to be recognised

        return load_gpu_models(options.matrix, cwd=surroundings.cwd)

    host = detect_host(surroundings, gpu_models=gpu_models)
    environment, notes = _environment(options, surroundings)
    saved = None
    if save is not None:
        from gpuenv.detect.saved import write_saved  # noqa: PLC0415 - only for --save

        saved = surroundings.cwd / save
        python = environment.python_version if environment else None
        write_saved(saved, host, python, date=surroundings.now.date().isoformat())
    details = read_details(surroundings)
    return Detection(host=host, details=details, environment=environment, notes=notes, saved=saved)


def _environment(options: Options, surroundings: Surroundings) -> tuple[Environment | None, tuple[Notice, ...]]:
    root = find_environment(options.venv, surroundings)
    try:
        return read_environment(root, surroundings=surroundings), ()
    except GpuenvError as error:
        if options.venv is not None:
            raise
        is_none = error.code == "environment-not-found"
        return None, () if is_none else (Notice.of(error.code, **error.context),)
