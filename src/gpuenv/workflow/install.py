"""Installs: plan, snapshot, engine, proof; the state before comes back unless all of it succeeded."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeAlias

from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.install.environments import require_changeable
from gpuenv.install.state import changes_of
from gpuenv.models.value import dataclass
from gpuenv.workflow.changes.consent import foreign_changes
from gpuenv.workflow.changes.installation import Choices, Installation
from gpuenv.workflow.changes.starting import require_same_python
from gpuenv.workflow.inputs import is_environment
from gpuenv.workflow.plan import Planned, plan, venv_python

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import Ending, ExecutionRecord
    from gpuenv.models.plan import Plan
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.options import Options

Consent: TypeAlias = "Callable[[Planned, tuple[str, ...]], bool | None]"
"""Whether somebody agrees to what a plan does to packages outside the GPU family; None where nobody can be asked."""

_NEW_PLANS_AT_MOST: Final = 2


def install(
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    consent: Consent,
    announce: Callable[[Planned], None],
    choices: Choices | None = None,
    planning: Callable[[], Planned] | None = None,
) -> Installation:
    """Bring the environment to what the request resolves to, proven, or leave it as it was.

    `consent` is asked with what the plan does to packages outside the GPU family, and answers None where nobody can be
    asked. `announce` gets the plan before anything is changed. Where another run changed the environment meanwhile, it
    is planned anew. `planning` makes the plan where it is not resolved for: out of a lock.
    """
    _make_ready(find_environment(options.venv, surroundings), surroundings)
    work = _Work(
        options=options,
        surroundings=surroundings,
        reporter=reporter,
        planning=planning or _planning(options, surroundings, reporter),
        consent=consent,
        announce=announce,
        choices=choices or Choices(),
    )
    done = work.install()
    for _ in range(_NEW_PLANS_AT_MOST):
        if done.record is None or not _is_stale(done.record):
            break
        done = work.install()
    return done


def _make_ready(root: Path, surroundings: Surroundings) -> None:
    """Put back what an earlier run left half done; refuse a Python that others rest on before an index is asked."""
    if changes_of(root):
        from gpuenv.install.recovery import recover  # noqa: PLC0415 - only where there was a change

        recover(root)
    if not (root / "pyvenv.cfg").exists() and is_environment(root):
        require_changeable(read_environment(root, surroundings=surroundings))


def _planning(options: Options, surroundings: Surroundings, reporter: Reporter) -> Callable[[], Planned]:
    """Plan for the environment as it is, with all dependencies."""
    return partial(
        plan,
        options,
        surroundings,
        reporter,
        looks_at_environment=True,
        has_to_be_complete=True,
        meanwhile=_load_what_follows,
    )


def _load_what_follows() -> None:
    """Import, while the engine resolves and this process waits, what a change needs."""
    import_module("gpuenv.workflow.changes.space")
    import_module("gpuenv.workflow.changes.carrying_out")


def _is_stale(record: ExecutionRecord) -> bool:
    """Whether the environment was not any more what the plan was made for, before anything was done."""
    return not record.results and any(problem.code == "changed-underneath" for problem in record.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One install, from the plan to its end."""

    options: Options
    surroundings: Surroundings
    reporter: Reporter
    planning: Callable[[], Planned]
    consent: Consent
    announce: Callable[[Planned], None]
    choices: Choices

    def install(self) -> Installation:
        """Go from station to station: target, environment, matrix, resolution and plan; then record and verification.

        Every way out before the environment is touched is here.
        """
        planned = self.planning()
        self._require_same_place(planned.resolved.environment)
        target, root, steps = planned.resolved.target, planned.resolved.root, planned.plan
        if steps is None or target is None or root is None:
            return Installation(ending="conflict", planned=planned, root=root)
        if steps.is_empty:
            environment = planned.resolved.environment
            return Installation(ending="nothing-to-do", planned=planned, root=root, environment=environment)
        refused = self._refused(planned, steps, root)
        if refused is not None:
            return refused
        self._require_space(planned, steps, root)
        self.announce(planned)
        return self._carried_out(planned, steps, target, root)

    def _require_same_place(self, environment: Environment | None) -> None:
        """Refuse an environment that is not to be changed, or has another Python than was asked for."""
        if environment is not None:
            require_changeable(environment)
            require_same_python(self.options, environment, self.surroundings)

    def _refused(self, planned: Planned, steps: Plan, root: Path) -> Installation | None:
        """Ask where packages outside the GPU family change: the end where nobody agrees, None where it goes on."""
        foreign = foreign_changes(steps, is_new=planned.resolved.environment is None)
        if not foreign or self.options.assume_yes:
            return None
        answer = self.consent(planned, foreign)
        if answer:
            return None
        ending: Ending = "needs-consent" if answer is None else "declined"
        return Installation(ending=ending, planned=planned, root=root, foreign=foreign)

    def _require_space(self, planned: Planned, steps: Plan, root: Path) -> None:
        """Raise `not-enough-disk` before anything is changed."""
        if planned.files is None:
            return
        from gpuenv.workflow.changes.space import require_space  # noqa: PLC0415 - loaded while the engine was asked

        environment = planned.resolved.environment
        require_space(
            steps.installs,
            planned.files,
            root=root,
            python=environment.python if environment else venv_python(self.options, self.surroundings.environ),
            engine=self.choices.engine,
            settings=planned.resolved.settings,
            environ=self.surroundings.environ,
        )

    def _carried_out(self, planned: Planned, steps: Plan, target: Target, root: Path) -> Installation:
        """Change the environment and prove it: the record and the verification, or the state before."""
        from gpuenv.workflow.changes.carrying_out import Work  # noqa: PLC0415 - loaded while the engine was asked

        work = Work(options=self.options, surroundings=self.surroundings, reporter=self.reporter, choices=self.choices)
        return work.carry_out(planned, steps, target, root)
