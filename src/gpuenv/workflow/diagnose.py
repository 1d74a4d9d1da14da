"""Conducts `gpuenv diagnose`: machine, environment and text, and the cause that they show together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gpuenv.diagnose.diagnosis import diagnose
from gpuenv.diagnose.normalise import decode_log
from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.diagnoses import load_signatures
from gpuenv.models.diagnosis import Remedy, Repair
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass
from gpuenv.project.folders import matrix_cache
from gpuenv.workflow.diagnoses.place import find_diagnosed_environment, find_machine, find_possible_machine
from gpuenv.workflow.target import DETECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gpuenv.models.diagnosis import DiagnosisReport, FaultFacts, SignatureBook
    from gpuenv.models.drift import Drift
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import HostFacts
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.diagnoses.proof import Proof
    from gpuenv.workflow.options import Options

Mode = Literal["check-up", "log", "command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed:
    """What was looked at, and what was found."""

    mode: Mode
    report: DiagnosisReport
    machine: HostFacts | None
    environment: Environment | None
    repair: Repair | None = None
    """None without a cause."""
    proof: Proof | None = None
    """What was read and run; None where only a text was asked about."""
    command: tuple[str, ...] = ()
    command_exit_code: int | None = None
    drift: tuple[Drift, ...] = ()
    """What others changed in the environment since gpuenv's last change."""
    notes: tuple[Notice, ...] = ()
    """What else is to be known of the environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Data:
    """What every diagnosis rests on."""

    matrix: CompatibilityMatrix
    book: SignatureBook

    def diagnose(self, text: str, machine: HostFacts | None, environment: Environment | None) -> DiagnosisReport:
        return diagnose(text, signatures=self.book, machine=machine, environment=environment, matrix=self.matrix)

    def repair(
        self, report: DiagnosisReport, options: Options, surroundings: Surroundings, *, has_failed_here: bool = False
    ) -> Repair | None:
        if report.primary is None:
            return None
        remedy = self.book.remedy(report.primary.cause.code) or Remedy.DRIVER
        facts = report.facts
        if facts is None or not remedy.is_build or not _is_resolvable(remedy, facts):
            return Repair(remedy=remedy)
        from gpuenv.workflow.diagnoses.repair import resolve_repair  # noqa: PLC0415 - a resolver is much to load

        return resolve_repair(
            report.primary.cause,
            remedy,
            facts,
            options,
            surroundings,
            matrix=self.matrix,
            has_failed_here=has_failed_here,
        )


def _is_resolvable(remedy: Remedy, facts: FaultFacts) -> bool:
    """Whether the facts lead to a build: the companions of a known torch are the same on every GPU."""
    return bool(facts.gpus) or (remedy is Remedy.PAIR and facts.packages.get("torch") is not None)


def _load(options: Options, surroundings: Surroundings) -> _Data:
    cache = matrix_cache(surroundings)
    return _Data(
        matrix=load_matrix(options.matrix, cwd=surroundings.cwd, cache=cache),
        book=load_signatures(options.matrix, cwd=surroundings.cwd, cache=cache),
    )


def check_up(options: Options, surroundings: Surroundings, reporter: Reporter) -> Diagnosed:
    """Look at machine, environment, libraries and kernels. Without an environment the machine is still looked at."""
    data = _load(options, surroundings)
    machine = find_machine(options, surroundings, data.matrix)
    environment = find_diagnosed_environment(options, surroundings)
    report = data.diagnose("", machine, environment)
    proof = None
    if environment is not None:
        from gpuenv.workflow.diagnoses.proof import prove  # noqa: PLC0415 - only for a check-up

        is_settled = report.primary is not None
        proof = prove(environment, machine, surroundings, reporter, options=options, is_settled=is_settled)
        if proof.verification is not None and proof.verification.failed:
            said = "\n".join(f"{check.name}: {check.detail}" for check in proof.verification.failed)
            report = data.diagnose(said, machine, environment)
    return Diagnosed(
        mode="check-up",
        report=report,
        machine=machine,
        environment=environment,
        repair=data.repair(
            report,
            options,
            surroundings,
            has_failed_here=proof is not None and proof.verification is not None and bool(proof.verification.failed),
        ),
        proof=proof,
        drift=_drift(environment),
        notes=_notes(environment, surroundings),
    )


def _drift(environment: Environment | None) -> tuple[Drift, ...]:
    from gpuenv.diagnose.drift import find_drift  # noqa: PLC0415 - only for a check-up
    from gpuenv.install.recorded import read_recorded_state  # noqa: PLC0415 - as above

    recorded = read_recorded_state(environment) if environment is not None else None
    return find_drift(recorded, environment) if recorded is not None and environment is not None else ()


def _notes(environment: Environment | None, surroundings: Surroundings) -> tuple[Notice, ...]:
    if environment is None:
        return ()
    from gpuenv.install.recovery import unfinished  # noqa: PLC0415 - only for a check-up
    from gpuenv.workflow.changes.starting import uv_project_notes  # noqa: PLC0415 - as above

    if unfinished(environment.root):
        return (Notice.of("change-unfinished", environment=str(environment.root)),)
    return uv_project_notes(environment.root, surroundings)


def diagnose_log(log: bytes, options: Options, surroundings: Surroundings) -> Diagnosed:
    """Diagnose a log, which may be of another machine.

    This machine's facts count only if it has a GPU, and its environment if it was named or the machine counts; on a
    machine without a GPU, a text of GPU faults comes from elsewhere.
    """
    data = _load(options, surroundings)
    machine = find_possible_machine(options, surroundings, data.matrix)
    is_here = machine is not None and options.target in DETECTED
    environment = find_diagnosed_environment(options, surroundings) if options.venv is not None or is_here else None
    report = data.diagnose(decode_log(log), machine, environment)
    return Diagnosed(
        mode="log",
        report=report,
        machine=machine,
        environment=environment,
        repair=data.repair(report, options, surroundings),
    )


def diagnose_command(
    argv: Sequence[str], options: Options, surroundings: Surroundings, *, on_line: Callable[[str], None]
) -> Diagnosed:
    """Run a command, show its output line by line, and diagnose it together with machine and environment."""
    from gpuenv.process import stream  # noqa: PLC0415 - a log starts no program

    data = _load(options, surroundings)
    machine = find_machine(options, surroundings, data.matrix)
    environment = find_diagnosed_environment(options, surroundings)
    ran = stream(argv, env=surroundings.environ, on_line=on_line, cwd=surroundings.cwd)
    report = data.diagnose(ran.stdout, machine, environment)
    return Diagnosed(
        mode="command",
        report=report,
        machine=machine,
        environment=environment,
        repair=data.repair(report, options, surroundings),
        command=tuple(argv),
        command_exit_code=ran.exit_code,
    )
