"""Plans the install of a lock: chooses it, refuses one that does not cover the machine, and keeps to it exactly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gpuenv.errors import GpuenvError
from gpuenv.install.traces import without_traces
from gpuenv.lock.origins import read_origins
from gpuenv.lock.reading import read_lock
from gpuenv.lock.shelf import read_header
from gpuenv.lock.uv_extra import marker_variables
from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.project.folders import matrix_cache
from gpuenv.project.pip_configuration import read_index_settings
from gpuenv.workflow.from_lock.choice import choose_lock
from gpuenv.workflow.from_lock.files import locked_wheels, mirror_of, placed, with_places
from gpuenv.workflow.from_lock.plan import locked_packages, locked_plan, locked_resolution
from gpuenv.workflow.from_lock.ways import Asked, name_the_machine
from gpuenv.workflow.inputs import environment_of, python_of
from gpuenv.workflow.plan import Planned, venv_python, with_sizes
from gpuenv.workflow.resolving.resolution import Resolved
from gpuenv.workflow.target import choose_target

if TYPE_CHECKING:
    from gpuenv.lock.reading import LockContent
    from gpuenv.models.environment import Environment
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.plan import Plan
    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.from_lock.choice import LockChoice
    from gpuenv.workflow.options import Options


class LockedPlanning:
    """Plans what a lock installs; asked again, it looks at everything anew."""

    def __init__(
        self,
        place: str,
        options: Options,
        surroundings: Surroundings,
        reporter: Reporter,
        *,
        is_exact: bool = False,
        allows_unhashed: bool = False,
    ) -> None:
        """Take the FILE or DIR of `--locked`. `is_exact`: everything that the lock does not name goes."""
        self._place = surroundings.cwd / Path(place).expanduser()
        self._options = options
        self._surroundings = surroundings
        self._reporter = reporter
        self._is_exact = is_exact
        self._allows_unhashed = allows_unhashed
        self.choice: LockChoice | None = None
        """What was chosen and why; None where there is no target to choose for."""

    @property
    def consenting(self) -> str:
        """The command that asks for the same and consents to it."""
        asked = Asked(place=self._place, options=self._options, cwd=self._surroundings.cwd, root=None)
        return asked.install(self._place, *(("--exact",) if self._is_exact else ()), "--yes")

    def __call__(self) -> Planned:
        """Plan, or give the conflict that says why no lock is for this machine: nothing is fetched before that.

        Raises the codes of `choose_lock`, `lock-line-broken`, `locked-hash-missing`, `locked-folder-missing`, and
        where something has to be fetched those of `placed`.
        """
        options, surroundings = self._options, self._surroundings
        if not self._place.exists():
            read_header(
                self._place
            )  # raises: before a machine that has no GPU is sent on with a lock that is not there
        matrix = load_matrix(options.matrix, cwd=surroundings.cwd, cache=matrix_cache(surroundings))
        root, environment = environment_of(options, surroundings, looks_at_environment=True)
        chosen = choose_target(
            options,
            surroundings,
            python=python_of(options, environment, surroundings),
            gpu_models=lambda: matrix.gpus,
        )
        settings = read_index_settings(surroundings, venv=root)
        asked = Asked(place=self._place, options=options, cwd=surroundings.cwd, root=root)
        if isinstance(chosen, Conflict):
            conflict = chosen
            if chosen.reason.code == "no-gpu":
                # What is asked for stands in the lock, not on the command line: its ways out are others.
                reason = Notice.of("no-gpu", others=chosen.reason.context.get("others"))
                conflict = replace(chosen, reason=reason, causes=name_the_machine(asked))
            return _refused(conflict, _Machine(matrix, settings, root, environment, None))
        machine = _Machine(matrix, settings, root, environment, chosen.target, chosen.notes)
        self.choice = choose_lock(asked, chosen.target, matrix)
        if self.choice.conflict is not None:
            return _refused(self.choice.conflict, machine)
        return self._planned(self.choice.chosen.path, machine, chosen.target)

    def _planned(self, path: Path, machine: _Machine, target: Target) -> Planned:
        """Make the plan of the chosen lock, and find its files where something is to be installed."""
        content = self._read(path)
        mirror = mirror_of(self._options.indexes, self._surroundings, machine.settings)
        origins = read_origins(path, content)
        packages = locked_packages(content, marker_variables(target))
        resolution = locked_resolution(
            content.header,
            packages,
            origins,
            target=target,
            environment=machine.environment,
            matrix=machine.matrix,
            mirror=mirror,
        )
        steps = locked_plan(resolution, packages, machine.environment, is_exact=self._is_exact)
        resolved = Resolved(
            outcome=resolution,
            matrix=machine.matrix,
            settings=machine.settings,
            target=target,
            request=None,
            root=machine.root,
            environment=machine.environment,
            notes=machine.notes,
        )
        planned = Planned(resolved=resolved, plan=steps, additions=packages)
        if not steps.installs:
            return planned
        settings = with_places(machine.settings, origins, mirror, lock=path)
        return self._with_files(replace(planned, resolved=replace(resolved, settings=settings)), steps, path)

    def _with_files(self, planned: Planned, steps: Plan, path: Path) -> Planned:
        resolved, options, environ = planned.resolved, self._options, self._surroundings.environ
        environment = resolved.environment
        python = environment.python if environment is not None else venv_python(options, environ)
        with without_traces(environment.root if environment is not None else None):
            files = locked_wheels(
                steps, planned.additions or (), python=python, settings=resolved.settings, environ=environ
            )
        if files.to_download != 0 and not options.is_offline:
            steps = placed(steps, resolved.settings, self._surroundings, self._reporter, lock=path)
        return replace(planned, plan=with_sizes(steps, files.packages), files=files)

    def _read(self, path: Path) -> LockContent:
        content = read_lock(path)
        without = tuple(package.project for package in content.packages if not package.hashes)
        if without and not self._allows_unhashed:
            raise GpuenvError("locked-hash-missing", path=str(path), packages=without)
        return content


class _Machine(NamedTuple):
    """What a lock is installed on."""

    matrix: CompatibilityMatrix
    settings: IndexSettings
    root: Path | None
    environment: Environment | None
    target: Target | None
    notes: tuple[Notice, ...] = ()


def _refused(conflict: Conflict, machine: _Machine) -> Planned:
    return Planned(
        resolved=Resolved(
            outcome=conflict,
            matrix=machine.matrix,
            settings=machine.settings,
            target=machine.target,
            request=None,
            root=machine.root,
            environment=machine.environment,
            notes=machine.notes,
        ),
        plan=None,
        additions=None,
    )
