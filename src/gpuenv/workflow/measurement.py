"""Measures builds of torch that an index lists and the matrix does not know, so that they join the search."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.models.index import SourceKind
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.resolve.resolver import resolve
from gpuenv.resolve.tables import make_tables
from gpuenv.rules.wheel_tags import supported_tags
from gpuenv.workflow.measured_builds import MeasuredBuilds
from gpuenv.workflow.measured_wheel import measure_wheel
from gpuenv.workflow.newest_release import newer_release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.environment import Environment
    from gpuenv.models.index import IndexedWheel, ProjectPage
    from gpuenv.models.matrix import CompatibilityMatrix, TorchBuild
    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import Request
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.resolve.problem import PageKey
    from gpuenv.resolve.tables import Tables
    from gpuenv.workflow.options import Options

_PROJECT: Final = "torch"
_MOST: Final = 3
"""So many unknown versions of a page are measured, the newest: each costs some 20 MB."""
_NOTHING_SERVES: Final = frozenset({"no-build-for-gpu", "no-build-for-all-gpus"})
"""Conflicts that a release which the matrix does not know could end."""
_TAG: Final = re.compile(r"cu\d{3}")


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
    _given_up: set[str] = field(default_factory=set)
    """Not tried again in this run: wheels that could not be measured, by address; the project on the default index."""

    def with_installed(self, tables: Tables, environment: Environment | None) -> Tables:
        """Let an installed build that was measured before be recognised."""
        found = environment.installed(_PROJECT) if environment is not None else None
        if found is None:
            return tables
        return _joined(
            tables,
            [
                build
                for build in self.known.all()
                if (str(build.version), build.platform) == (found.version.public, self.target.platform.name)
                and found.version.local in {build.local, build.tag}
                and not any(_key(other) == _key(build) for other in tables.matrix.torch)
            ],
        )

    def resolved(
        self, request: Request, tables: Tables, environment: Environment | None, pages: dict[PageKey, ProjectPage]
    ) -> tuple[Resolution | Conflict, Tables]:
        """Resolve with what the pages list; where nothing serves, pages are added in which something could."""
        tables = self.extended(tables, pages)
        outcome = self._resolve(request, tables, environment, pages)
        newer = self._newer_release(request, outcome, tables.matrix)
        if newer is not None:
            tables = _joined(tables, list(self._of_page(tables.matrix, newer)))
            outcome = self._resolve(request, tables, environment, pages)
        further = self.further_pages(outcome, tables.matrix, pages)
        if not further:
            return outcome, tables
        pages.update(further)
        tables = self.extended(tables, pages)
        return self._resolve(request, tables, environment, pages), tables

    def _newer_release(
        self, request: Request, outcome: Resolution | Conflict, matrix: CompatibilityMatrix
    ) -> ProjectPage | None:
        """Where the default index gives the build, ask it once for a newer one: it has no page to look at."""
        if self.is_offline or not isinstance(outcome, Resolution) or _PROJECT in {*outcome.kept, *self._given_up}:
            return None
        torch = outcome.pin(_PROJECT)
        if torch is None or torch.source.kind is not SourceKind.PYPI:
            return None
        self._given_up.add(_PROJECT)
        newest = max(build.version for build in matrix.torch)
        return newer_release(newest, request, self.target, self.settings, self.environ, self.reporter)

    def _resolve(
        self, request: Request, tables: Tables, environment: Environment | None, pages: Mapping[PageKey, ProjectPage]
    ) -> Resolution | Conflict:
        return resolve(request, self.target, tables.matrix, environment=environment, pages=pages, tables=tables)

    def extended(self, tables: Tables, pages: Mapping[PageKey, ProjectPage]) -> Tables:
        """Add what the pages list for the target and the matrix lacks; offline it is only told of."""
        if self.is_offline:
            self.tell_of_newer(tables.matrix)
        found = [build for page in pages.values() for build in self._of_page(tables.matrix, page)]
        return _joined(tables, found)

    def tell_of_newer(self, matrix: CompatibilityMatrix) -> None:
        """Offline: tell of builds that were measured before and are newer than all that the matrix has."""
        platform = self.target.platform.name
        newest = max((build.version for build in matrix.torch), default=Version("0"))
        newer = [build for build in self.known.all() if build.platform == platform and build.version > newest]
        if newer:
            self._tell(matrix, [build.label for build in newer])

    def further_pages(
        self, outcome: Resolution | Conflict, matrix: CompatibilityMatrix, pages: Mapping[PageKey, ProjectPage]
    ) -> dict[PageKey, ProjectPage]:
        """Read where a release could be that serves what nothing in the matrix does: the tags of the newest release.

        A page that cannot be read gives nothing here: the conflict stands.
        """
        if self.is_offline or not isinstance(outcome, Conflict) or outcome.reason.code not in _NOTHING_SERVES:
            return {}
        builds = [build for build in matrix.torch if build.platform == self.target.platform.name and build.cuda]
        newest = max((build.version for build in builds), default=None)
        tags = dict.fromkeys(build.tag for build in builds if build.version == newest)
        wanted = [
            (source, tag, _PROJECT)
            for source in self.request.sources
            for tag in tags
            if source.kind is SourceKind.PYTORCH and (source, tag, _PROJECT) not in pages
        ]
        return dict(self._read(wanted))

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

    def _of_page(self, matrix: CompatibilityMatrix, page: ProjectPage) -> Iterator[TorchBuild]:
        wheels = self._unknown_wheels(matrix, page)
        if not wheels:
            return
        if self.is_offline:
            self._tell(matrix, [str(wheel.version) for wheel in wheels])
            return
        for wheel in wheels:
            build = self.known.load(wheel) or self._measured(page, wheel)
            if build is not None:
                yield _placed(build, page, matrix)

    def _unknown_wheels(self, matrix: CompatibilityMatrix, page: ProjectPage) -> list[IndexedWheel]:
        """List wheels that the target installs and the request admits, one per version, the newest first."""
        if page.project != _PROJECT or (page.tag or "").startswith("nightly/") or page.tag == "cpu":
            return []
        platform = self.target.platform
        builds = [build for build in matrix.torch if build.platform == platform.name]
        known: set[tuple[Version, str | None]] = {(build.version, build.tag) for build in builds}
        known |= {(build.version, None) for build in builds if build.on_pypi}
        oldest = min((version for version, _ in known), default=Version("0"))
        asked = self.request.requirement(_PROJECT)
        accepted = cache(lambda: supported_tags(platform, self.target.python))
        found: dict[Version, IndexedWheel] = {}
        for wheel in page.wheels:
            version, tag = Version(wheel.version.public), page.tag or wheel.version.local
            if (
                (version, tag) not in known
                and version >= oldest
                and not version.is_prerelease
                and not wheel.is_yanked
                and (tag is None or _TAG.fullmatch(tag) is not None)
                and (asked is None or asked.specifier.contains(wheel.version))
                and wheel.tags & accepted()
            ):
                found.setdefault(wheel.version, wheel)
        return [found[version] for version in sorted(found, reverse=True)[:_MOST]]

    def _measured(self, page: ProjectPage, wheel: IndexedWheel) -> TorchBuild | None:
        """Read a wheel and keep the result; what went wrong is told once."""
        if wheel.url in self._given_up:
            return None
        self.reporter.stage("measuring-build", wheel=wheel.filename)
        try:
            build = measure_wheel(page, wheel, self.target, self.settings, today=self.today)
        except (GpuenvError, OSError, zipfile.BadZipFile, KeyError) as error:
            reason = error.code if isinstance(error, GpuenvError) else type(error).__name__
            self.notes.append(Notice.of("build-not-measured", wheel=wheel.filename, reason=reason))
            self._given_up.add(wheel.url)
            return None
        if build is None:
            self._given_up.add(wheel.url)
            return None
        self.known.store(wheel, build)
        return build

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
    )


def _joined(tables: Tables, builds: Sequence[TorchBuild]) -> Tables:
    if not builds:
        return tables
    unique = {_key(build): build for build in builds}
    return make_tables(replace(tables.matrix, torch=(*tables.matrix.torch, *unique.values())))


def _key(build: TorchBuild) -> tuple[Version, str, str]:
    return build.version, build.tag, build.platform


def _placed(build: TorchBuild, page: ProjectPage, matrix: CompatibilityMatrix) -> TorchBuild:
    """Say where a measured build is to be had, and whether its tag is a side channel, as that of older releases is."""
    like = max(
        (known for known in matrix.torch if (known.tag, known.platform) == (build.tag, build.platform)),
        key=lambda known: known.version,
        default=None,
    )
    return replace(
        build,
        on_pytorch_index=page.source.kind is SourceKind.PYTORCH,
        on_pypi=page.source.kind is not SourceKind.PYTORCH and build.local is None,
        is_official=like is None or like.is_official,
    )
