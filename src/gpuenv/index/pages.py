"""Reads what one source lists for one project."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.index.folder import folder_links, folder_of
from gpuenv.index.wheels import indexed_wheels
from gpuenv.models.index import PYTORCH_INDEX_URL, ProjectPage, SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gpuenv.models.index import Source
    from gpuenv.models.settings import IndexSettings


def read_project_page(
    source: Source,
    tag: str | None,
    project: str,
    *,
    settings: IndexSettings,
    cache: Path | None,
    now: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> ProjectPage:
    """Read the wheels of a project that a source lists, for every platform and Python.

    `tag` is the index below the base of a PyTorch-style source (`cu130`, `nightly/cu132`). `cache` is a folder for
    pages between runs; they are revalidated at each use, unless `now`, in seconds since the epoch, is within the time
    for which the server said that it need not be asked.

    A project, or a whole tag, that the source does not have is an empty page. A source that cannot be used raises a
    `GpuenvError` with a code that begins with `index-`.
    """
    if source.kind is SourceKind.PYPI:
        raise ValueError(source.kind)  # only uv and pip talk to the default index
    name = canonicalize_name(project)
    location = source.location or PYTORCH_INDEX_URL
    folder = folder_of(location)
    if folder is not None:
        links, is_flat = folder_links(folder, tag, name)
        wheels = indexed_wheels(links, name)
        return ProjectPage(source=source, tag=tag, project=name, wheels=wheels, is_flat=is_flat)
    from gpuenv.index.served_pages import read_served_page  # noqa: PLC0415 - a folder needs no HTTP

    return read_served_page(source, tag, name, settings=settings, cache=cache, now=now, sleep=sleep)
