"""Installs: plan, snapshot, engine, proof; the state before comes back unless all of it succeeded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.install.change import change
from gpuenv.install.environments import create_environment
from gpuenv.install.executor import execute
from gpuenv.install.recovery import recover
from gpuenv.models.resolution import Conflict
from gpuenv.verify.runner import verify
from gpuenv.workflow.inspect import inspect_environment
from gpuenv.workflow.plan import Planned, interpreter, plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gpuenv.install.change import Ongoing
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import Ending, ExecutionRecord
    from gpuenv.models.notice import Notice
    from gpuenv.models.plan import Plan
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.models.verification import VerificationReport
    from gpuenv.workflow.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """How an install ended. After every ending but `installed` and `unverified` the environment is as it was."""

    ending: Ending
    planned: Planned
    root: Path | None = None
    record: ExecutionRecord | None = None
    verification: VerificationReport | None = None
    """None where nothing was run: for a described target, or after a failed step."""
    log_folder: Path | None = None
    """Where the engine's output is: elsewhere than in the environment if that was removed again."""
    foreign: tuple[str, ...] = ()
    """Packages outside the GPU family that would change."""
    notes: tuple[Notice, ...] = ()
    """What else is remarkable about a new environment."""
    uncovered: tuple[Notice, ...] = ()
    """For a described target: the libraries that have no code for its GPUs."""


def install(
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    consent: Callable[[tuple[str, ...]], bool | None],
    keep_failed: bool = False,
) -> Installation:
    """Bring the environment to what the request resolves to, proven, or leave it as it was.

    `consent` is asked with the packages outside the GPU family that would change, and answers None where nobody can
    be asked.
    """
    recover(find_environment(options.venv, surroundings))
    planned = plan(options, surroundings, reporter, looks_at_environment=True)
    root, target = planned.resolved.root, planned.resolved.target
    if planned.plan is None or target is None or root is None:
        return Installation(ending="conflict", planned=planned, root=root)
    if planned.plan.is_empty:
        return Installation(ending="nothing-to-do", planned=planned, root=root)
    foreign = _foreign_changes(planned.plan)
    if foreign and not options.assume_yes:
        answer = consent(foreign)
        if not answer:
            ending: Ending = "needs-consent" if answer is None else "declined"
            return Installation(ending=ending, planned=planned, root=root, foreign=foreign)
    return _carry_out(planned, planned.plan, target, root, options, surroundings, reporter, keep_failed=keep_failed)


def _carry_out(
    planned: Planned,
    steps: Plan,
    target: Target,
    root: Path,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    keep_failed: bool,
) -> Installation:
    """Change the environment, prove it, and only then make the change stay."""
    resolved = planned.resolved
    verification = None
    notes: tuple[Notice, ...] = ()
    with change(root, is_new=resolved.environment is None, keep_failed=keep_failed) as ongoing:
        environment = resolved.environment
        if environment is None:
            notes = _create(root, options, surroundings, reporter, planned)
            environment = read_environment(root, surroundings=surroundings)
        record = _execute(planned, steps, environment, ongoing, options, surroundings, reporter)
        ending: Ending = "failed"
        uncovered: tuple[Notice, ...] = ()
        if record.status == "done" and _has_family(planned) and target.gpus and target.origin == "described":
            uncovered = _judge_libraries(environment, target, surroundings, reporter)
            ending = "verification-failed" if uncovered else "unverified"
        elif record.status == "done" and not _has_family(planned):
            ending = "installed"
        elif record.status == "done":
            verification = _prove(environment, target, surroundings, reporter)
            ending = _ending(verification)
        if ending in {"installed", "unverified"}:
            _write_constraints(planned, ongoing)
            ongoing.commit()
    return Installation(
        ending=ending,
        planned=planned,
        root=root,
        record=record,
        verification=verification,
        log_folder=ongoing.log_folder,
        notes=notes,
        uncovered=uncovered,
    )


def _create(
    root: Path, options: Options, surroundings: Surroundings, reporter: Reporter, planned: Planned
) -> tuple[Notice, ...]:
    reporter.stage("creating-environment", environment=str(root))
    return create_environment(
        root,
        python=options.python or str(interpreter(options)),
        settings=planned.resolved.settings,
        environ=surroundings.environ,
        reporter=reporter,
        is_offline=options.is_offline,
    )


def _execute(
    planned: Planned,
    steps: Plan,
    environment: Environment,
    ongoing: Ongoing,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
) -> ExecutionRecord:
    return execute(
        steps,
        environment=environment,
        ongoing=ongoing,
        settings=planned.resolved.settings,
        environ=surroundings.environ,
        read=lambda: read_environment(environment.root, surroundings=surroundings),
        reporter=reporter,
        is_offline=options.is_offline,
    )


def _judge_libraries(
    environment: Environment, target: Target, surroundings: Surroundings, reporter: Reporter
) -> tuple[Notice, ...]:
    """Read the code of every library for GPUs that are not here; gives what does not cover them."""
    reporter.stage("inspecting-libraries")
    after = read_environment(environment.root, surroundings=surroundings)
    return inspect_environment(after, target.gpus, surroundings, reporter).uncovered


def _prove(
    environment: Environment, target: Target, surroundings: Surroundings, reporter: Reporter
) -> VerificationReport:
    """Run the kernel tests on the GPUs of this machine, or the CPU checks."""
    after = read_environment(environment.root, surroundings=surroundings)
    return verify(
        environment.python,
        device="cpu" if target.is_cpu else "cuda",
        gpus=target.gpus,
        environ=surroundings.environ,
        installed=frozenset(found.name for found in after.distributions),
        reporter=reporter,
    )


def _has_family(planned: Planned) -> bool:
    """Whether there is anything to prove: packages outside the family run no kernels."""
    return not isinstance(planned.resolved.outcome, Conflict) and bool(planned.resolved.outcome.pins)


def _ending(verification: VerificationReport) -> Ending:
    if not verification.checks:
        return "unverified"
    return "verification-failed" if verification.failed else "installed"


def _write_constraints(planned: Planned, ongoing: Ongoing) -> None:
    """Record the family's pins, for `gpuenv run` to keep other installers from undoing them."""
    resolution = planned.resolved.outcome
    if isinstance(resolution, Conflict):
        return
    lines = [f"{pin.project}=={pin.version}" for pin in resolution.pins]
    (ongoing.state / "constraints.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _foreign_changes(steps: Plan) -> tuple[str, ...]:
    """List the packages outside the GPU family that are there and would change."""
    return tuple(
        f"{step.project} {step.replaces} -> {step.version}"
        for step in steps.installs
        if not step.is_family and step.replaces is not None and not step.project.startswith("nvidia-")
    )
