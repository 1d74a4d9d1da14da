"""Runs a plan in an environment with one of the engines, and checks what came of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.install.debris import clear_debris, clear_leftovers, import_packages
from gpuenv.install.engines.choice import make_engine
from gpuenv.install.engines.protocol import Order
from gpuenv.install.engines.running import EngineRun
from gpuenv.install.environments import require_changeable
from gpuenv.install.outcome import differences_from_plan, touched_projects
from gpuenv.install.snapshots.manifest import read_manifest
from gpuenv.install.soundness import damages, leftovers, recorded_paths
from gpuenv.install.steadiness import Watch
from gpuenv.install.traces import without_traces
from gpuenv.models.notice import Notice
from gpuenv.models.progress import Reporter
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gpuenv.install.change import Ongoing
    from gpuenv.install.snapshots.manifest import Manifest
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import EngineName, ExecutionRecord, LockedPackage
    from gpuenv.models.plan import Install, Plan
    from gpuenv.models.settings import IndexSettings


def execute(
    plan: Plan,
    *,
    ongoing: Ongoing,
    environment: Environment,
    settings: IndexSettings,
    environ: Mapping[str, str],
    read: Callable[[], Environment],
    closure: Sequence[LockedPackage] = (),
    reporter: Reporter | None = None,
    is_offline: bool = False,
    engine: EngineName = "uv",
    checks_hashes: bool = False,
) -> ExecutionRecord:
    """Remove and install what the plan says, nothing else, then read the environment again and compare.

    `closure` gives the hashes that the wheels must have, where they are known. The record's status is `done`, or
    `failed` with the cause, or `outcome-differs` with every difference; putting things back is the work of `change`,
    around this. What somebody else changes meanwhile ends it with `changed-underneath`. `checks_hashes` compares
    the content of every installed file, not only its size.
    Raises `system-interpreter`, `environment-not-writable`, `uv-not-found` and `pip-not-found` before anything is
    touched.
    """
    require_changeable(environment)
    work = _Work(
        plan=plan,
        environment=environment,
        watch=Watch(environment),
        taken=recorded_paths(environment, touched_projects(plan)),
        run=EngineRun(ongoing, make_engine(engine, environment, environ), reporter or Reporter()),
    )
    order = Order(steps=plan.installs, closure=tuple(closure), settings=settings, is_offline=is_offline)
    with without_traces(environment.root):
        problems = work.stale() or work.remove() or work.install(order)
    if problems:
        return work.run.record("failed", problems)
    (reporter or Reporter()).stage("checking-outcome")
    files = read_manifest(environment.root)
    problems = work.differences(read(), files, checks_hashes=checks_hashes)
    return work.run.record("outcome-differs" if problems else "done", problems, files)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """The stages of one run; each gives the problems that end it, or nothing."""

    plan: Plan
    environment: Environment
    """As it was read when the plan was made."""
    watch: Watch
    taken: frozenset[str]
    """The files of what is removed or replaced: others may own some of them too."""
    run: EngineRun

    def stale(self) -> tuple[Notice, ...]:
        """Compare the environment with what the plan was made for."""
        return self._changed(self.watch.changed_since_read)

    def remove(self) -> tuple[Notice, ...]:
        """Remove what goes, and of what is replaced that which an engine cannot replace by itself.

        That is a build of the very same version: engines see no difference, and to be told to install anew would make
        them fetch the wheel anew as well. And it is what wrote into the folder of something that goes: there, all
        have to go before one comes.
        """
        going = {canonicalize_name(step.project) for step in self.plan.removals}
        packages = import_packages(self.environment, going)
        going |= {
            canonicalize_name(step.project)
            for step in self.plan.installs
            if self._has_equal(step) or (packages and packages & import_packages(self.environment, (step.project,)))
        }
        packages = import_packages(self.environment, going)
        self.run.note_deleted(clear_debris(self.environment, touched_projects(self.plan)))
        present = tuple(
            found.name for found in self.environment.distributions if found.name in going and found.location.exists()
        )
        problem = self.run.uninstall(present)
        if problem is not None:
            return (problem,)
        self.run.note_deleted(clear_leftovers(self.environment, packages))
        return self._changed(self.watch.foreign(touched_projects(self.plan)))

    def install(self, order: Order) -> tuple[Notice, ...]:
        """Install what comes."""
        if not order.steps:
            return ()
        with tempfile.TemporaryDirectory(prefix="gpuenv-") as folder:
            for problem in self.run.installation(order, Path(folder)):
                if problem is not None:
                    return (problem,)
                changed = self._changed(self.watch.foreign(touched_projects(self.plan)))
                if changed:
                    return changed
        return ()

    def differences(self, after: Environment, files: Manifest, *, checks_hashes: bool) -> tuple[Notice, ...]:
        """Compare the environment with the plan, and its files with their records."""
        touched = touched_projects(self.plan)
        return (
            *differences_from_plan(self.plan, before=self.environment, after=after),
            *leftovers(after, self.environment),
            *damages(after, files, touched=touched, taken=self.taken, checks_hashes=checks_hashes),
        )

    def _has_equal(self, step: Install) -> bool:
        found = self.environment.installed(canonicalize_name(step.project))
        return found is not None and found.version == step.version

    def _changed(self, projects: tuple[str, ...]) -> tuple[Notice, ...]:
        root = str(self.environment.root)
        return (Notice.of("changed-underneath", environment=root, packages=projects),) if projects else ()
