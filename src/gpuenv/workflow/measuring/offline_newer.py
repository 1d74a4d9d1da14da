"""Tells, without the network, which builds are newer than the matrix: measured before, or on pages read before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.index import SourceKind
from gpuenv.workflow.measuring.joined_matrix import label_of, project_of
from gpuenv.workflow.measuring.unknown_wheels import (
    RUNTIME,
    TORCH,
    newest_tags,
    newest_version,
    unknown_wheels,
    wheel_label,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuenv.models.index import ProjectPage
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target
    from gpuenv.workflow.measuring.kept_builds import MeasuredBuilds


def newer_builds(
    matrix: CompatibilityMatrix, request: Request, target: Target, known: MeasuredBuilds, pages_folder: Path
) -> tuple[str, ...]:
    """Name what was asked for and is newer than all that the matrix has, sorted."""
    platform = target.platform.name
    newest = {
        project: newest_version(project, matrix, platform)
        for project in (TORCH, RUNTIME)
        if request.requirement(project) is not None
    }
    found = {
        label_of(build)
        for build in known.all()
        if build.platform == platform and project_of(build) in newest and build.version > newest[project_of(build)]
    }
    for page in _pages_read_before(matrix, request, target, pages_folder):
        if page.project in newest:
            wheels = unknown_wheels(page, matrix, request, target)
            found |= {wheel_label(wheel) for wheel in wheels if wheel.version > newest[page.project]}
    return tuple(sorted(found))


def _pages_read_before(
    matrix: CompatibilityMatrix, request: Request, target: Target, pages_folder: Path
) -> Iterator[ProjectPage]:
    """Look at the pages of the newest tags, and at find-links pages, as they were when last read."""
    if not pages_folder.is_dir():
        return
    from gpuenv.index.served_pages import remembered_page  # noqa: PLC0415 - only where there are such pages

    for source in request.sources:
        if not source.is_remote or source.kind is SourceKind.PYPI:
            continue
        is_flat = source.kind is SourceKind.FIND_LINKS
        for tag in (None,) if is_flat else newest_tags(matrix, target.platform.name):
            for project in (TORCH, RUNTIME) if is_flat else (TORCH,):
                page = remembered_page(source, tag, project, cache=pages_folder)
                if page is not None:
                    yield page
