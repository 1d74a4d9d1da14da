"""Conducts `gpuenv verify`: environment, machine, checks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.errors import UsageError
from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.models.typed_command import quoted
from gpuenv.models.value import dataclass
from gpuenv.models.verification import VerificationReport
from gpuenv.project.folders import matrix_cache
from gpuenv.verify.profile import needs_full
from gpuenv.verify.runner import DEFAULT_TIMEOUT_S, OWN_TIMEOUT_S, verify
from gpuenv.verify.suites import is_checkable
from gpuenv.workflow.applications_here import applications_here, with_applications, with_imports
from gpuenv.workflow.failed_checks import with_causes
from gpuenv.workflow.kept_profile import keep_profile
from gpuenv.workflow.project_proof import project_proof
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
    timeout_s: float | None,
    seed: int | None = None,
    surroundings: Surroundings,
    reporter: Reporter,
) -> Verification:
    """Check the environment; a report without checks says in its notes why nothing could be run.

    `target` None: the GPUs of this machine, or the CPU where it has none and the installed torch is a CPU build.
    `required` names capabilities; one that only the full set proves brings it. `timeout_s` is for each check and
    command; None: what each kind takes at most. `seed` makes the random inputs; None: a new one.
    `commands` go beside those that the project's table names, which also names extensions to import.
    """
    _require_here(target, options)
    environment = read_environment(find_environment(options.venv, surroundings), surroundings=surroundings)
    is_full = is_full or needs_full(required)
    installed = frozenset(str(distribution.name) for distribution in environment.distributions)
    applications = () if required else applications_here(environment, options.matrix, surroundings)
    own = with_imports(project_proof(options, commands, surroundings), applications, environment)
    if not is_checkable(installed, is_full=is_full) and not own:
        return _nothing_to_check(environment)
    machine = _choose_machine(options, environment, surroundings, target=target)
    if isinstance(machine, Conflict):
        return _nowhere_to_check(environment, machine)
    report = verify(
        environment.python,
        device=machine.device,
        gpus=machine.gpus,
        environ=surroundings.environ,
        installed=installed,
        timeout_s=timeout_s or DEFAULT_TIMEOUT_S,
        own_timeout_s=timeout_s or OWN_TIMEOUT_S,
        reporter=reporter,
        required=required,
        is_full=is_full,
        own=own,
        seed=seed,
    )
    if not report.ran:
        return _nothing_to_check(environment)
    report = with_applications(with_causes(report, environment, options, surroundings), applications)
    kept = keep_profile(environment, report, surroundings)
    return Verification(
        environment=environment,
        gpus=machine.gpus,
        driver=machine.driver,
        report=replace(report, notes=(*machine.notes, *report.notes, *kept)),
    )


def _require_here(target: str | None, options: Options) -> None:
    """Raise `verify-target-not-here` for another machine's GPU, whose code can only be looked at."""
    if target is not None and target not in TARGETS:
        where = f" --venv {quoted(options.venv)}" if options.venv is not None else ""
        inspect = f"gpuenv inspect{where} --target {quoted(target)}"
        raise UsageError("verify-target-not-here", target=target, inspect=inspect)


def _choose_machine(
    options: Options, environment: Environment, surroundings: Surroundings, *, target: str | None
) -> _Machine | Conflict:
    if target == "cpu":
        return _Machine(device="cpu")
    wanted = "current-gpu" if target is None or options.gpus else target  # --gpu names a GPU: the CPU is no answer
    chosen = choose_target(
        replace(options, target=wanted),
        surroundings,
        python=environment.python_version,
        gpu_models=lambda: load_matrix(options.matrix, cwd=surroundings.cwd, cache=matrix_cache(surroundings)).gpus,
    )
    if isinstance(chosen, Conflict):
        if target is None and not options.gpus and chosen.reason.code == "no-gpu" and has_cpu_torch(environment):
            return _Machine(device="cpu", notes=(Notice.of("checked-on-cpu"),))
        return chosen
    if chosen.target.is_cpu:
        return _Machine(device="cpu", notes=(Notice.of("checked-on-cpu"),))
    return _Machine(device="cuda", gpus=chosen.target.gpus, driver=chosen.target.driver, notes=chosen.notes)


def has_cpu_torch(environment: Environment) -> bool:
    """Whether the installed torch is a CPU build, by its local version or by what it says of itself."""
    torch = environment.installed("torch")
    return torch is not None and (torch.version.local == "cpu" or torch.build_tag == "cpu")


def _nothing_to_check(environment: Environment) -> Verification:
    return _nothing(environment, Notice.of("nothing-to-check", venv=quoted(str(environment.root))))


def _nowhere_to_check(environment: Environment, conflict: Conflict) -> Verification:
    """Say why there is no GPU to check on; what would install for a CPU instead is no way to check."""
    causes = (cause.change for cause in conflict.causes if cause.change.code != "use-cpu")
    reason = Notice.of(conflict.reason.code, **{**conflict.reason.context, "command": None})
    return _nothing(environment, Notice.of("no-gpu-to-check", venv=quoted(str(environment.root))), reason, *causes)


def _nothing(environment: Environment, *notes: Notice) -> Verification:
    report = VerificationReport(checks=(), device="cuda", notes=notes)
    return Verification(environment=environment, gpus=(), report=report)
