"""Conducts `gpuenv diagnose`: machine, environment and text, and the cause that they show together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.detect.host import detect_host
from gpuenv.diagnose.diagnosis import diagnose
from gpuenv.diagnose.normalise import decode_log
from gpuenv.errors import GpuenvError, UsageError
from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.diagnoses import load_signatures
from gpuenv.models.hardware import HostFacts, Presence
from gpuenv.models.platform import PythonVersion
from gpuenv.models.resolution import Conflict
from gpuenv.process import stream
from gpuenv.workflow.target import DETECTED, choose_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from gpuenv.models.diagnosis import DiagnosisReport
    from gpuenv.models.environment import Environment
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options

HEAD: Final = 8 * 1024 * 1024
TAIL: Final = 24 * 1024 * 1024
"""Bytes of a log that are read at most: its begin, where the first fault is, and its end, where the last is."""

Mode = Literal["check-up", "log", "command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed:
    """What was looked at, and what was found."""

    mode: Mode
    report: DiagnosisReport
    machine: HostFacts | None
    environment: Environment | None
    command: tuple[str, ...] = ()
    command_exit_code: int | None = None


def check_up(options: Options, surroundings: Surroundings) -> Diagnosed:
    """Look at machine and environment alone. Without an environment the machine is still looked at."""
    matrix = load_matrix(options.matrix, cwd=surroundings.cwd)
    machine = _machine(options, surroundings, matrix)
    environment = _environment(options, surroundings)
    report = diagnose(
        "",
        signatures=load_signatures(options.matrix, cwd=surroundings.cwd),
        machine=machine,
        environment=environment,
        matrix=matrix,
    )
    return Diagnosed(mode="check-up", report=report, machine=machine, environment=environment)


def diagnose_log(log: bytes, options: Options, surroundings: Surroundings) -> Diagnosed:
    """Diagnose a log, which may be of another machine.

    This machine's facts count only if it has a GPU, and its environment if it was named or the machine counts; on a
    machine without a GPU, a text of GPU faults comes from elsewhere.
    """
    matrix = load_matrix(options.matrix, cwd=surroundings.cwd)
    machine = _possible_machine(options, surroundings, matrix)
    is_here = machine is not None and options.target in DETECTED
    environment = _environment(options, surroundings) if options.venv is not None or is_here else None
    report = diagnose(
        decode_log(log),
        signatures=load_signatures(options.matrix, cwd=surroundings.cwd),
        machine=machine,
        environment=environment,
        matrix=matrix,
    )
    return Diagnosed(mode="log", report=report, machine=machine, environment=environment)


def diagnose_command(
    argv: Sequence[str], options: Options, surroundings: Surroundings, *, on_line: Callable[[str], None]
) -> Diagnosed:
    """Run a command, show its output line by line, and diagnose it together with machine and environment."""
    matrix = load_matrix(options.matrix, cwd=surroundings.cwd)
    signatures = load_signatures(options.matrix, cwd=surroundings.cwd)
    machine = _machine(options, surroundings, matrix)
    environment = _environment(options, surroundings)
    ran = stream(argv, env=surroundings.environ, on_line=on_line, cwd=surroundings.cwd)
    report = diagnose(ran.stdout, signatures=signatures, machine=machine, environment=environment, matrix=matrix)
    return Diagnosed(
        mode="command",
        report=report,
        machine=machine,
        environment=environment,
        command=tuple(argv),
        command_exit_code=ran.exit_code,
    )


def read_log(stream: BinaryIO) -> bytes:
    """Read a log of any length in bounded memory: `HEAD` bytes of its begin and `TAIL` of its end."""
    head = stream.read(HEAD)
    tail = b""
    while chunk := stream.read(1024 * 1024):
        tail = (tail + chunk)[-TAIL:] if len(tail) < TAIL else tail[len(chunk) :] + chunk
    return head + tail


def read_log_file(name: str, surroundings: Surroundings) -> bytes:
    """Read a log file; the usage error `log-unreadable` where that cannot be done."""
    try:
        with (surroundings.cwd / name).open("rb") as file:
            return read_log(file)
    except (OSError, ValueError) as error:
        detail = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UsageError("log-unreadable", file=name, detail=detail) from error


def _machine(options: Options, surroundings: Surroundings, matrix: CompatibilityMatrix) -> HostFacts:
    """Detect this machine, or take the described one."""
    described = _described(options, surroundings, matrix)
    return described or detect_host(surroundings, gpu_models=lambda: matrix.gpus)


def _possible_machine(options: Options, surroundings: Surroundings, matrix: CompatibilityMatrix) -> HostFacts | None:
    """As `_machine`; None where the text cannot be of this machine, or where it cannot be detected at all."""
    described = _described(options, surroundings, matrix)
    if described is not None:
        return described
    try:
        machine = detect_host(surroundings, gpu_models=lambda: matrix.gpus)
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


def _environment(options: Options, surroundings: Surroundings) -> Environment | None:
    """Read the environment; None where none was named and there is none."""
    try:
        return read_environment(find_environment(options.venv, surroundings), surroundings=surroundings)
    except GpuenvError as error:
        if options.venv is None and error.code == "environment-not-found":
            return None
        raise
