"""Measures builds that an index lists and the matrix does not know, so that they join the search."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.models.index import SourceKind
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.models.value import dataclass
from gpuenv.resolve.resolver import resolve
from gpuenv.workflow.measuring.joined_matrix import is_installed_as, joined, placed
from gpuenv.workflow.measuring.kept_builds import MeasuredBuilds
from gpuenv.workflow.measuring.unknown_wheels import (
    RUNTIME,
    TORCH,
    admits_newer,
    installable_wheel,
    newest_tags,
    newest_version,
    unknown_wheels,
    wheel_label,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.environment import Environment
    from gpuenv.models.index import IndexedWheel, ProjectPage
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import Request
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.resolve.problem import PageKey
    from gpuenv.resolve.tables import Tables
    from gpuenv.workflow.measuring.kept_builds import Build
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.newest_release import Answers

_NOTHING_SERVES: Final = frozenset({"no-build-for-gpu", "no-build-for-all-gpus", "no-onnxruntime-that-agrees"})
"""Conflicts that a release which the matrix does not know could end."""
_TOO_OLD: Final = frozenset({"requirements-exclude-every-build", "no-build-for-python", "no-onnxruntime-build"})
"""Conflicts that it could end where it is allowed to be newer than all that the matrix has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One run's way to builds beyond the matrix."""

    request: Request
    target: Target
    settings: IndexSettings
    known: MeasuredBuilds
    pages_folder: Path
    """Pages between runs."""
    environ: Mapping[str, str]
    today: str
    """ISO date."""
    is_offline: bool
    reporter: Reporter
    notes: list[Notice]
    """What could not be measured, and what was left out offline, is added here."""
    answers: Answers
    """Of the default index; shared by all resolutions of a run."""
    _given_up: set[str] = field(default_factory=set)
    """Not tried again in this run: wheels that could not be measured, by address; projects on the default index."""

    def with_installed(self, tables: Tables, environment: Environment | None) -> Tables:
        """Let installed builds that were measured before be recognised."""
        found = [environment.installed(project) for project in (TORCH, RUNTIME)] if environment is not None else []
        installed = [one for one in found if one is not None]
        if not installed:
            return tables
        platform = self.target.platform.name
        builds = (build for build in self.known.all() if build.platform == platform)
        return joined(tables, [build for build in builds if any(is_installed_as(build, one) for one in installed)])

    def resolved(
        self, request: Request, tables: Tables, environment: Environment | None, pages: dict[PageKey, ProjectPage]
    ) -> tuple[Resolution | Conflict, Tables]:
        """Resolve with what the pages list; where nothing serves, pages are added in which something could."""
        tables = self.extended(tables, pages)
        outcome = self._resolve(request, tables, environment, pages)
        if self.is_offline:
            self._tell_of_newer(tables.matrix)
            return outcome, tables
        newer = [build for page in self._newer_releases(request, outcome, tables.matrix) for build in page]
        if newer:
            tables = joined(tables, newer)
            outcome = self._resolve(request, tables, environment, pages)
        further = self._further_pages(outcome, tables.matrix, pages)
        if further:
            pages.update(further)
            tables = self.extended(tables, pages)
            outcome = self._resolve(request, tables, environment, pages)
        while (nightly := self._chosen_nightly(outcome, tables.matrix, pages)) is not None:
            tables = joined(tables, [nightly])
            outcome = self._resolve(request, tables, environment, pages)
        return outcome, tables

    def _resolve(
        self, request: Request, tables: Tables, environment: Environment | None, pages: Mapping[PageKey, ProjectPage]
    ) -> Resolution | Conflict:
        return resolve(request, self.target, tables.matrix, environment=environment, pages=pages, tables=tables)

    def extended(self, tables: Tables, pages: Mapping[PageKey, ProjectPage]) -> Tables:
        """Add what the pages list for the target and the matrix lacks; offline it is only told of."""
        return joined(tables, [build for page in pages.values() for build in self._of_page(tables.matrix, page)])

    def _newer_releases(
        self, request: Request, outcome: Resolution | Conflict, matrix: CompatibilityMatrix
    ) -> Iterator[list[Build]]:
        """Ask the default index, once, for newer releases of what it gives or could give: it has no page to look at."""
        from gpuenv.workflow.resolving.newest_release import newer_release  # noqa: PLC0415 - only where the engine is asked

        for project in (TORCH, RUNTIME):
            if project in self._given_up or not self._is_asked_for(project, request, outcome, matrix):
                continue
            self._given_up.add(project)
            newest = newest_version(project, matrix, self.target.platform.name)
            page = newer_release(
                project, newest, request, self.target, self.settings, self.environ, self.reporter, answers=self.answers
            )
            if page is not None:
                yield list(self._of_page(matrix, page))

    def _is_asked_for(
        self, project: str, request: Request, outcome: Resolution | Conflict, matrix: CompatibilityMatrix
    ) -> bool:
        if isinstance(outcome, Resolution):
            pin = outcome.pin(project)
            return pin is not None and project not in outcome.kept and pin.source.kind is SourceKind.PYPI
        if request.requirement(project) is None or not self._could_be_ended(project, outcome, matrix):
            return False
        return project == RUNTIME or any(source.kind is SourceKind.PYPI for source in request.sources)

    def _could_be_ended(self, project: str, conflict: Conflict, matrix: CompatibilityMatrix) -> bool:
        """Whether a release that the matrix does not know could end a conflict."""
        if conflict.reason.code in _NOTHING_SERVES:
            return True
        newest = newest_version(project, matrix, self.target.platform.name)
        return conflict.reason.code in _TOO_OLD and admits_newer(self.request.requirement(project), newest)

    def _further_pages(
        self, outcome: Resolution | Conflict, matrix: CompatibilityMatrix, pages: Mapping[PageKey, ProjectPage]
    ) -> dict[PageKey, ProjectPage]:
        """Read where a release could be that serves what nothing in the matrix does: the newest tags.

        A page that cannot be read gives nothing here: the conflict stands.
        """
        if isinstance(outcome, Resolution) or self.request.requirement(TORCH) is None:
            return {}
        if self.target.is_cpu or not self._could_be_ended(TORCH, outcome, matrix):
            return {}
        wanted = [
            (source, tag, TORCH)
            for source in self.request.sources
            for tag in newest_tags(matrix, self.target.platform.name)
            if source.kind is SourceKind.PYTORCH and (source, tag, TORCH) not in pages
        ]
        return dict(self._read(wanted))

    def _chosen_nightly(
        self, outcome: Resolution | Conflict, matrix: CompatibilityMatrix, pages: Mapping[PageKey, ProjectPage]
    ) -> Build | None:
        """Measure a nightly build that was chosen by what its channel is known for; None for any other choice.

        One of which nothing can be read stays what its channel says.
        """
        if isinstance(outcome, Conflict) or outcome.torch is None or not outcome.torch.build.is_nightly:
            return None
        pin = outcome.pin(TORCH)
        if pin is None or TORCH in outcome.kept or outcome.torch.build in matrix.torch:
            return None
        page = pages.get((pin.source, pin.tag, TORCH))
        wheel = installable_wheel(page, pin.version, self.target) if page is not None else None
        if page is None or wheel is None:
            return None
        build = self.known.load(wheel) or self._measured(matrix, page, wheel)
        return placed(build, page, matrix) if build is not None and build.sass | build.ptx else None

    def _read(self, wanted: Iterable[PageKey]) -> Iterator[tuple[PageKey, ProjectPage]]:
        from gpuenv.index.pages import read_project_page  # noqa: PLC0415 - only where nothing else serves

        closed = set()
        for source, tag, project in wanted:
            if source in closed:
                continue
            self.reporter.stage("reading-index", project=project, tag=tag or "")
            try:
                page = read_project_page(source, tag, project, settings=self.settings, cache=self.pages_folder)
            except GpuenvError:
                closed.add(source)
                continue
            yield (source, tag, project), page

    def _of_page(self, matrix: CompatibilityMatrix, page: ProjectPage) -> Iterator[Build]:
        wheels = unknown_wheels(page, matrix, self.request, self.target)
        if not wheels:
            return
        if self.is_offline:
            self._tell(matrix, [wheel_label(wheel) for wheel in wheels])
            return
        for wheel in wheels:
            build = self.known.load(wheel) or self._measured(matrix, page, wheel)
            if build is not None:
                yield placed(build, page, matrix)

    def _measured(self, matrix: CompatibilityMatrix, page: ProjectPage, wheel: IndexedWheel) -> Build | None:
        """Read a wheel and keep the result; what went wrong is told once."""
        if wheel.url in self._given_up:
            return None
        from gpuenv.workflow.measuring.wheel import measured_or_told  # noqa: PLC0415 - only where a wheel is read

        self.reporter.stage("measuring-build", wheel=wheel.filename)
        toolkits = tuple(release.version for release in matrix.cuda)
        build = measured_or_told(page, wheel, self.target, self.settings, toolkits, today=self.today, notes=self.notes)
        if build is None:
            self._given_up.add(wheel.url)
            return None
        self.known.store(wheel, build)
        return build

    def _tell_of_newer(self, matrix: CompatibilityMatrix) -> None:
        """Offline, tell of builds newer than all that the matrix has."""
        if not (self.pages_folder.is_dir() or self.known.folder.is_dir()):
            return
        from gpuenv.workflow.measuring.offline_newer import newer_builds  # noqa: PLC0415 - where something was kept

        labels = newer_builds(matrix, self.request, self.target, self.known, self.pages_folder)
        if labels:
            self._tell(matrix, labels)

    def _tell(self, matrix: CompatibilityMatrix, builds: Sequence[str]) -> None:
        notice = Notice.of("newer-than-matrix", builds=tuple(builds), matrix=matrix.version)
        if notice not in self.notes:
            self.notes.append(notice)


def make_measurement(
    request: Request,
    target: Target,
    settings: IndexSettings,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    notes: list[Notice],
    answers: Answers,
) -> Measurement:
    """Begin a run; what there is to tell is added to `notes`."""
    from gpuenv.project.folders import cache_folder, data_folder  # noqa: PLC0415 - in the order of the work

    return Measurement(
        request=request,
        target=target,
        settings=settings,
        known=MeasuredBuilds(folder=data_folder(surroundings) / "measured"),
        pages_folder=cache_folder(surroundings) / "pages",
        environ=surroundings.environ,
        today=surroundings.now.date().isoformat(),
        is_offline=options.is_offline,
        reporter=reporter,
        notes=notes,
        answers=answers,
    )
