"""Conducts `gpuenv verify`: environment, machine, checks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.errors import UsageError
from gpuenv.install.state import state_of
from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.models.verification import VerificationReport
from gpuenv.project.folders import matrix_cache
from gpuenv.project.table import read_project_table
from gpuenv.verify.own_proof import OwnProof
from gpuenv.verify.runner import verify
from gpuenv.verify.suites import is_checkable
from gpuenv.workflow.applications_here import applications_here, with_applications, with_imports
from gpuenv.workflow.failed_checks import judge_output, with_causes
from gpuenv.workflow.target import choose_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import Driver, Gpu
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options

TARGETS: Final = ("current-gpu", "auto", "cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was checked, and where."""

    environment: Environment
    gpus: tuple[Gpu, ...]
    report: VerificationReport
    driver: Driver | None = None
    """None where the checks ran on no GPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Machine:
    """What the checks run on."""

    device: Literal["cuda", "cpu"]
    gpus: tuple[Gpu, ...] = ()
    driver: Driver | None = None
    notes: tuple[Notice, ...] = ()


def verify_environment(
    options: Options,
    *,
    target: str | None,
    required: Sequence[str],
    is_full: bool = False,
    commands: Sequence[str] = (),
    timeout_s: float,
    surroundings: Surroundings,
    reporter: Reporter,
) -> Verification:
    """Check the environment; a report without checks says in its notes why nothing could be run.

    `target` None: the GPUs of this machine, or the CPU where it has none and the installed torch is a CPU build.
    `commands` go beside those that the project's table names, which also names extensions to import.
    """
    if target is not None and target not in TARGETS:
        raise UsageError("verify-target-not-here", target=target)
    root = find_environment(options.venv, surroundings)
    environment = read_environment(root, surroundings=surroundings)
    installed = frozenset(str(distribution.name) for distribution in environment.distributions)
    applications = () if required else applications_here(environment, options.matrix, surroundings)
    own = with_imports(_own_proof(options, commands, surroundings), applications, environment)
    if not is_checkable(installed, is_full=is_full) and not own:
        return _nothing(environment, Notice.of("nothing-to-check", venv=str(root)))
    machine = _choose_machine(
        replace(options, target=target or "current-gpu"), environment, surroundings, target=target
    )
    if isinstance(machine, Conflict):
        causes = (cause.change for cause in machine.causes if cause.change.code != "use-cpu")
        return _nothing(environment, Notice.of("no-gpu-to-check", venv=str(root)), machine.reason, *causes)
    report = verify(
        environment.python,
        device=machine.device,
        gpus=machine.gpus,
        environ=surroundings.environ,
        installed=installed,
        timeout_s=timeout_s,
        reporter=reporter,
        required=required,
        is_full=is_full,
        own=own,
    )
    if not report.ran:
        return _nothing(environment, Notice.of("nothing-to-check", venv=str(root)))
    report = with_applications(with_causes(report, environment, options, surroundings), applications)
    kept = keep_profile(environment, report, surroundings)
    return Verification(
        environment=environment,
        gpus=machine.gpus,
        driver=machine.driver,
        report=replace(report, notes=(*machine.notes, *report.notes, *kept)),
    )


def _own_proof(options: Options, commands: Sequence[str], surroundings: Surroundings) -> OwnProof:
    table = read_project_table(surroundings.cwd)
    named = (*(table.verify_commands if table is not None else ()), *commands)
    return OwnProof(
        commands=tuple(dict.fromkeys(named)),
        extensions=table.extensions if table is not None else (),
        cwd=surroundings.cwd,
        judge=judge_output(options, surroundings) if named else None,
    )


def keep_profile(
    environment: Environment, report: VerificationReport, surroundings: Surroundings
) -> tuple[Notice, ...]:
    """Write the capability profile beside the environment's other records; an environment may be read-only."""
    path = state_of(environment.root) / "verification.json"
    record = {
        "schema": 1,
        "date": surroundings.now.isoformat(timespec="seconds"),
        "device": report.device,
        "facts": dict(report.facts),
        "profile": dict(report.profile),
        "workarounds": {str(way.context["capability"]): way.code for way in report.workarounds},
        "causes": [cause.cause.code for cause in report.causes],
    }
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        return (Notice.of("profile-not-kept", path=str(path), detail=str(error)),)
    return ()


def _choose_machine(
    options: Options, environment: Environment, surroundings: Surroundings, *, target: str | None
) -> _Machine | Conflict:
    if target == "cpu":
        return _Machine(device="cpu")
    chosen = choose_target(
        options,
        surroundings,
        python=environment.python_version,
        gpu_models=lambda: load_matrix(options.matrix, cwd=surroundings.cwd, cache=matrix_cache(surroundings)).gpus,
    )
    if isinstance(chosen, Conflict):
        if target is None and chosen.reason.code == "no-gpu" and has_cpu_torch(environment):
            return _Machine(device="cpu", notes=(Notice.of("checked-on-cpu"),))
        return chosen
    if chosen.target.is_cpu:
        return _Machine(device="cpu", notes=(Notice.of("checked-on-cpu"),))
    return _Machine(device="cuda", gpus=chosen.target.gpus, driver=chosen.target.driver, notes=chosen.notes)


def has_cpu_torch(environment: Environment) -> bool:
    """Whether the installed torch is a CPU build, by its local version or by what it says of itself."""
    torch = environment.installed("torch")
    return torch is not None and (torch.version.local == "cpu" or torch.build_tag == "cpu")


def _nothing(environment: Environment, *notes: Notice) -> Verification:
    report = VerificationReport(checks=(), device="cuda", notes=notes)
    return Verification(environment=environment, gpus=(), report=report)
