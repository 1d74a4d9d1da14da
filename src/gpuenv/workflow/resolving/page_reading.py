"""Resolves again and again until the answer rests on index pages that were read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.models.index import SourceKind
from gpuenv.models.notice import Notice
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.workflow.measuring.unknown_wheels import installable_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gpuenv.models.environment import Environment
    from gpuenv.models.index import ProjectPage
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import Request
    from gpuenv.models.resolution import Pin
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.resolve.problem import PageKey
    from gpuenv.resolve.tables import Tables
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.kept_pages import KeptPages
    from gpuenv.workflow.resolving.newest_release import Answers

_INDEX_FAULTS: Final = "index-"
"""Codes of errors that say that an index as a whole cannot be used."""
_RUNTIME: Final = "onnxruntime-gpu"


def resolve_with_pages(
    request: Request,
    target: Target,
    tables: Tables,
    environment: Environment | None,
    settings: IndexSettings,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    answers: Answers,
    kept_pages: KeptPages | None = None,
) -> tuple[Resolution | Conflict, Request, tuple[Notice, ...]]:
    """Resolve, read the pages that the answer rests on, and resolve again until it rests on pages that were read.

    Where the PyTorch index cannot be reached, `auto` goes on without it and says so. `kept_pages` gives pages of the
    last run, which the caller confirms; None asks for each at once.
    """
    from gpuenv.workflow.measuring.measurement import make_measurement  # noqa: PLC0415 - in the order of the work

    pages: dict[PageKey, ProjectPage] = {}
    is_nightly = request.channel == "nightly"
    notes = [Notice.of("nightly-not-read")] if is_nightly and options.is_offline else []
    wanted: Iterable[PageKey] = (
        *_flat_pages(request, is_offline=options.is_offline),
        *_nightly_pages(request, target, tables.matrix, is_offline=options.is_offline),
    )
    measurement = make_measurement(request, target, settings, options, surroundings, reporter, notes, answers)
    tables = measurement.with_installed(tables, environment)
    if environment is not None:
        from gpuenv.workflow.measuring.installed_torch import with_unknown_torch  # noqa: PLC0415 - only where one is

        tables = with_unknown_torch(tables, environment, target, surroundings, notes)
    while True:
        request = _read_all(wanted, pages, request, settings, surroundings, reporter, notes, kept_pages)
        outcome, tables = measurement.resolved(request, tables, environment, pages)
        if isinstance(outcome, Conflict):
            return outcome, request, tuple(notes)
        wanted = () if options.is_offline else tuple(_pages_behind(outcome, request, pages))
        if not wanted:
            return _placed(outcome, pages, target), _with_libraries(request, outcome), tuple(notes)


def _read_all(
    wanted: Iterable[PageKey],
    pages: dict[PageKey, ProjectPage],
    request: Request,
    settings: IndexSettings,
    surroundings: Surroundings,
    reporter: Reporter,
    notes: list[Notice],
    kept_pages: KeptPages | None,
) -> Request:
    """Read these pages into `pages`; the request goes on without an index that `auto` could not use, as notes say."""
    for source, tag, project in wanted:
        if source not in request.sources:
            continue
        if source.is_remote:
            reporter.stage("reading-index", project=project, tag=tag or "")
        try:
            pages[source, tag, project] = _read((source, tag, project), settings, surroundings, kept_pages)
        except GpuenvError as error:
            if request.policy is not IndexPolicy.AUTO or not error.code.startswith(_INDEX_FAULTS):
                raise
            notes.append(Notice.of("index-left-out", reason=error.code, **_place(error)))
            request = replace(request, sources=tuple(other for other in request.sources if other != source))
    return request


def _read(
    key: PageKey, settings: IndexSettings, surroundings: Surroundings, kept_pages: KeptPages | None
) -> ProjectPage:
    from gpuenv.index.pages import read_project_page  # noqa: PLC0415 - a run without pages needs no HTTP
    from gpuenv.project.folders import cache_folder  # noqa: PLC0415 - as above

    cache, now = cache_folder(surroundings) / "pages", surroundings.now.timestamp()

    def read() -> ProjectPage:
        return read_project_page(*key, settings=settings, cache=cache, now=now)

    if kept_pages is None or not key[0].is_remote:
        return read()
    from gpuenv.index.served_pages import remembered_page  # noqa: PLC0415 - a folder is read at once

    return kept_pages.page(key, lambda: remembered_page(*key, cache=cache), read)


def _with_libraries(request: Request, resolution: Resolution) -> Request:
    """Ask the engine for the wheels of CUDA and cuDNN, where the choice does not bring them itself."""
    return replace(request, others=(*request.others, *resolution.libraries))


def _placed(resolution: Resolution, pages: Mapping[PageKey, ProjectPage], target: Target) -> Resolution:
    """Tell the engine which pins come from one flat page per tag, as some mirrors have it, and where ONNX Runtime is.

    The matrix knows it on the default index only; a wheel of it in a find-links place comes from there.
    """
    flat = {key for key, page in pages.items() if page.is_flat}
    pins = (_from_find_links(pin, pages, target) if pin.project == _RUNTIME else pin for pin in resolution.pins)
    return replace(
        resolution,
        pins=tuple(
            replace(
                pin,
                is_flat=(pin.source, pin.tag, pin.project) in flat,
                unhashed_url=_unhashed_url(pin, pages.get((pin.source, pin.tag, pin.project)), target),
            )
            for pin in pins
        ),
    )


def _unhashed_url(pin: Pin, page: ProjectPage | None, target: Target) -> str | None:
    """Find the address of a pin's wheel where its page publishes no hash of it."""
    if page is None or not any(wheel.sha256 is None for wheel in page.wheels):
        return None
    wheel = installable_wheel(page, pin.version, target)
    return wheel.url if wheel is not None and wheel.sha256 is None else None


def _from_find_links(pin: Pin, pages: Mapping[PageKey, ProjectPage], target: Target) -> Pin:
    for (source, _, project), page in pages.items():
        is_its_place = project == pin.project and source.kind is SourceKind.FIND_LINKS
        if is_its_place and installable_wheel(page, pin.version, target) is not None:
            return replace(pin, source=source)
    return pin


def _place(error: GpuenvError) -> Mapping[str, str]:
    """Name the index of a fault, as far as the error does."""
    url = error.context.get("url")
    return {"url": url} if isinstance(url, str) else {}


def _flat_pages(request: Request, *, is_offline: bool) -> Iterator[PageKey]:
    """List the find-links pages: nothing but their content tells what they have. Offline, folders only."""
    for source in request.sources:
        if source.kind is SourceKind.FIND_LINKS and not (is_offline and source.is_remote):
            for requirement in request.requirements:
                yield source, None, requirement.name


def _nightly_pages(
    request: Request, target: Target, matrix: CompatibilityMatrix, *, is_offline: bool
) -> Iterator[PageKey]:
    """List the pages of the live nightly channels: only they tell which dates there are. Offline, folders only."""
    if request.channel != "nightly" or request.requirement("torch") is None:
        return
    for source in request.sources:
        if source.kind is not SourceKind.PYTORCH or (is_offline and source.is_remote):
            continue
        for channel in matrix.nightly:
            if channel.is_live and (channel.tag == "nightly/cpu") == target.is_cpu:
                for requirement in request.requirements:
                    if requirement.name != _RUNTIME:
                        yield source, channel.tag, requirement.name


def _pages_behind(resolution: Resolution, request: Request, pages: Mapping[PageKey, ProjectPage]) -> Iterator[PageKey]:
    """List the pages of a PyTorch-style index that a resolution rests on and that were not read."""
    for pin in resolution.pins:
        key = (pin.source, pin.tag, pin.project)
        is_listed = pin.source.kind is SourceKind.PYTORCH and pin.project not in resolution.kept
        if is_listed and key not in pages and pin.source in request.sources:
            yield key
