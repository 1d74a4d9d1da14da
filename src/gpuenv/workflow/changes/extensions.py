"""Builds the extensions of a plan within its change: sources first, then each against the torch that was installed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name, parse_wheel_filename

from gpuenv.build.source import GitSource, NamedSource, SourceTree, clone, parse_source
from gpuenv.build.tree import neutral_folder
from gpuenv.build.variables import build_variables, parallel_jobs
from gpuenv.build.wheel import check_source_tree
from gpuenv.errors import GpuenvError
from gpuenv.models.execution import BuiltExtension
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.models.settings import redact_url
from gpuenv.models.value import dataclass
from gpuenv.workflow.build import compile_source
from gpuenv.workflow.builds.compiler import find_compiler
from gpuenv.workflow.builds.install import import_check_of, place_wheel
from gpuenv.workflow.builds.place import BuildChoices, place_in
from gpuenv.workflow.builds.planning import place_to_be
from gpuenv.workflow.builds.source import fetch_tree, install_tools, known_source
from gpuenv.workflow.builds.wheel import Failed
from gpuenv.workflow.changes.built_dependencies import install_dependencies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gpuenv.build.source import Source
    from gpuenv.build.toolkit import Toolkit
    from gpuenv.install.change import Ongoing
    from gpuenv.models.environment import Environment
    from gpuenv.models.plan import Build
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.build import Built
    from gpuenv.workflow.builds.place import Place
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.plan import Planned

_WANTS_TORCH: Final = "No module named 'torch'"
"""What a setup script says that asks torch for its own name: its source is fetched once torch is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The sources of a plan's builds, fetched before anything was changed."""

    folder: Path
    """Where they lie; it is gone once the change is over."""
    by_project: Mapping[str, Source]


@contextmanager
def fetched_sources(
    planned: Planned, options: Options, surroundings: Surroundings, reporter: Reporter, *, python: Path
) -> Iterator[Sources | None]:
    """Fetch the compiler and the sources, so that what cannot be had ends an install before it changed anything.

    Gives None where nothing is built. Raises the codes of `find_compiler`, `clone`, `fetch_tree`, and
    `check_source_tree`.
    """
    builds = planned.plan.builds if planned.plan is not None else ()
    if not builds:
        yield None
        return
    with neutral_folder() as folder:
        place = place_to_be(builds[0], planned.resolved, options, surroundings, reporter, python=python)
        toolkit = find_compiler(place)
        if isinstance(toolkit, Conflict):  # the toolkit that was planned with is gone since
            raise GpuenvError(toolkit.reason.code, **toolkit.reason.context)
        fetched = {build.project: _fetched(build, place, toolkit, folder / build.project) for build in builds}
        yield Sources(folder=folder, by_project=fetched)


def _fetched(build: Build, place: Place, toolkit: Toolkit, folder: Path) -> Source:
    extension = place.extension(build.project)
    source = known_source(parse_source(build.source, place.surroundings.cwd), extension)
    place.reporter.stage("fetching-source", source=redact_url(build.source))
    match source:
        case GitSource():
            tree = clone(source, folder, environ=place.surroundings.environ, reporter=place.reporter)
            check_source_tree(tree)
            return SourceTree(path=tree)
        case NamedSource():
            variables = build_variables(
                place.capabilities, toolkit, place.surroundings.environ, jobs=parallel_jobs(), with_ptx=False
            )
            folder.mkdir()
            try:
                environ = install_tools(place, folder, tree=None, extension=extension, variables=variables)
                return SourceTree(path=fetch_tree(source, place, folder, environ=environ))
            except GpuenvError as error:
                if _WANTS_TORCH in str(error.context.get("detail")) and not place.options.is_offline:
                    return source
                raise
        case SourceTree():
            check_source_tree(source.path)
            return source
        case _:
            return source


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What building brought: the extensions, or the problems that ended it."""

    built: tuple[BuiltExtension, ...] = ()
    problems: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extending:
    """The builds of one change."""

    planned: Planned
    target: Target
    options: Options
    surroundings: Surroundings
    reporter: Reporter

    def add(self, sources: Sources, ongoing: Ongoing, after: list[Environment]) -> Added:
        """Build, prove, install and import each extension; `after` gets the environment as it is after each."""
        done: list[BuiltExtension] = []
        for build in self.planned.plan.builds if self.planned.plan is not None else ():
            place = self._place(after[-1], sources)
            found = self._one(build, place, sources.by_project[build.project], ongoing, after)
            if not isinstance(found, BuiltExtension):
                return Added(built=tuple(done), problems=found)
            done.append(found)
        return Added(built=tuple(done))

    def _place(self, environment: Environment, sources: Sources) -> Place:
        return place_in(
            environment,
            self.target,
            matrix=self.planned.resolved.matrix,
            settings=self.planned.resolved.settings,
            options=replace(self.options, venv=str(environment.root)),
            choices=BuildChoices(output=str(sources.folder / "wheels"), installs=False),
            surroundings=self.surroundings,
            reporter=self.reporter,
        )

    def _one(
        self, build: Build, place: Place, source: Source, ongoing: Ongoing, after: list[Environment]
    ) -> BuiltExtension | tuple[Notice, ...]:
        """Build one; gives the problems that ended it instead."""
        started = monotonic()
        extension = place.extension(build.project)
        made = compile_source(redact_url(build.source), source, place, extension)
        problems = _problems(made, build)
        if problems:
            return problems
        assert not isinstance(made, (Failed, Conflict))  # noqa: S101 - else there is a problem
        seconds = monotonic() - started
        problems = install_dependencies(made.wheel, self.planned, place, ongoing, after)
        if problems:
            return problems
        placed = place_wheel(
            made.wheel,
            replace(place, environment=after[-1]),
            ongoing,
            import_check=build.import_check or import_check_of(extension),
        )
        if placed.environment is not None:
            after.append(placed.environment)
        return placed.problems or _built(build, made, seconds, placed.notes)


def _problems(made: Built | Failed | Conflict, build: Build) -> tuple[Notice, ...]:
    match made:
        case Conflict():
            return (made.reason,)
        case Failed():
            failed = Notice.of("build-failed", source=made.source, detail=made.detail, log=str(made.log))
            cause = (made.report.primary.cause,) if made.report.primary is not None else ()
            return (failed, *made.notes, *cause)
        case _:
            if made.faults:
                return made.faults
            project, version, _, _ = parse_wheel_filename(made.wheel.name)
            if project != canonicalize_name(build.project):
                found = f"{project} {version}"
                return (Notice.of("built-other-package", package=build.project, source=made.source, found=found),)
            return ()


def _built(build: Build, made: Built, seconds: float, notes: tuple[Notice, ...]) -> BuiltExtension:
    _, version, _, _ = parse_wheel_filename(made.wheel.name)
    code = {one.sm for file in made.inspection.files for one in (*file.main.sass, *file.main.extra_sass)}
    return BuiltExtension(
        project=build.project,
        version=version,
        origin="kept" if made.origin == "kept" else "built",
        toolkit=made.toolkit,
        sass=tuple(sorted(code, key=lambda sm: (len(sm), sm))),
        seconds=seconds,
        log=made.log,
        notes=(*made.notes, *notes),
    )
