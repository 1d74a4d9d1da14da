"""Which builds which source offers: by the matrix, and by the index pages that were read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.version import Version

from gpuenv.models.index import PYTORCH_INDEX_URL, Source, SourceKind

if TYPE_CHECKING:
    from gpuenv.models.index import IndexedWheel, ProjectPage
    from gpuenv.models.matrix import TorchBuild
    from gpuenv.models.resolution import Candidate
    from gpuenv.resolve.problem import Problem

EVERY_SOURCE: Final = (Source(kind=SourceKind.PYTORCH, location=PYTORCH_INDEX_URL), Source(kind=SourceKind.PYPI))


def sources_of(problem: Problem, build: TorchBuild) -> list[Source]:
    """List the sources that have a build for anybody, of those that may be used."""
    sources = EVERY_SOURCE if "sources" in problem.ignored else problem.request.sources
    if problem.pages:
        return [source for source in sources if _carries(problem, source, build)]
    return [source for source in sources if _is_known_to_carry(source, build)]


def page(problem: Problem, source: Source, tag: str | None, project: str) -> ProjectPage | None:
    """Find the page that was read for a project, or None."""
    if not problem.pages:
        return None
    key_tag = tag if source.kind is SourceKind.PYTORCH else None
    return problem.pages.get((source, key_tag, project))


def installable(problem: Problem, listed: ProjectPage, version: Version) -> IndexedWheel | None:
    """Find a wheel of exactly that version (local label included) that the target's Python installs.

    Yanked wheels are passed over.
    """
    return next(
        (
            wheel
            for wheel in listed.wheels
            if wheel.version == version and not wheel.is_yanked and wheel.tags & problem.wheel_tags
        ),
        None,
    )


def torch_versions(candidate: Candidate) -> tuple[Version, ...]:
    """Name the versions under which a candidate's source may list it: with the local label, on PyPI without."""
    build = candidate.build
    match candidate.source.kind:
        case SourceKind.PYTORCH:
            return (Version(f"{build.version}+{build.local}") if build.local else build.version,)
        case SourceKind.PYPI:
            return (build.version,)
        case SourceKind.FIND_LINKS:
            labelled = Version(build.label)
            return (labelled, build.version) if build.on_pypi else (labelled,)


def _is_known_to_carry(source: Source, build: TorchBuild) -> bool:
    """By the matrix alone; a find-links place is known by its page only."""
    if source.kind is SourceKind.PYTORCH:
        return build.on_pytorch_index
    return source.kind is SourceKind.PYPI and build.on_pypi


def _carries(problem: Problem, source: Source, build: TorchBuild) -> bool:
    """Whether for this Python is a question of its own."""
    match source.kind:
        case SourceKind.PYTORCH:
            listed = page(problem, source, build.tag, "torch")
            return build.on_pytorch_index if listed is None else True
        case SourceKind.PYPI:
            return build.on_pypi
        case SourceKind.FIND_LINKS:
            listed = page(problem, source, None, "torch")
            return listed is not None and any(_is_wheel_of(wheel, build) for wheel in listed.wheels)


def _is_wheel_of(wheel: IndexedWheel, build: TorchBuild) -> bool:
    if wheel.version.public != str(build.version):
        return False
    return wheel.version == Version(build.label) if wheel.version.local else build.on_pypi
