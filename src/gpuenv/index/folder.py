"""Reads a folder of wheels on this machine as an index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from gpuenv.errors import GpuenvError
from gpuenv.index.listing import Link, parse_html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.utils import NormalizedName


def folder_of(location: str) -> Path | None:
    """Give the path that a location names: a `file:` URL or a plain path; None for an address elsewhere."""
    if location.lower().startswith("file:"):
        from urllib.request import url2pathname  # noqa: PLC0415 - brings all of HTTP with it

        return Path(url2pathname(urlsplit(location).path))
    return None if "://" in location else Path(location)


def folder_links(folder: Path, tag: str | None, project: NormalizedName) -> tuple[tuple[Link, ...], bool]:
    """List the files that can be of a project, and tell whether they lie flat, with those of other projects.

    Below `folder` stands `<tag>/<project>/` (as on the PyTorch index), or `<tag>/` with wheels of every project. With
    no tag the folder itself is flat, or holds `<project>/`; it can also be one page or one wheel. Raises
    `index-folder-missing`, `index-folder-unreadable`.
    """
    if not folder.exists():
        raise GpuenvError("index-folder-missing", folder=str(folder))
    try:
        if folder.is_file():
            return tuple(_links_of_file(folder)), True
        index = folder if tag is None else folder.joinpath(*tag.split("/"))
        own = _project_folder(index, project)
        if own is not None:
            return tuple(_links_in(own)), False
        return (tuple(_links_in(index)), True) if index.is_dir() else ((), False)
    except OSError as error:
        raise GpuenvError("index-folder-unreadable", folder=str(folder), detail=str(error)) from error


def _project_folder(index: Path, project: NormalizedName) -> Path | None:
    """Find the folder of a project, whatever its spelling: `nvidia_cublas` as well."""
    if not index.is_dir():
        return None
    return next(
        (found for found in sorted(index.iterdir()) if canonicalize_name(found.name) == project and found.is_dir()),
        None,
    )


def _links_in(folder: Path) -> Iterator[Link]:
    """List the wheels in a folder by name; where it has none, what its `index.html` links to."""
    wheels = [found for found in sorted(folder.iterdir()) if found.suffix == ".whl" and found.is_file()]
    page = folder / "index.html"
    if not wheels and page.is_file():
        yield from _links_of_file(page)
    for wheel in wheels:
        yield _link(wheel)


def _links_of_file(path: Path) -> Iterator[Link]:
    if path.suffix == ".whl":
        yield _link(path)
    elif path.suffix in {".html", ".htm"}:
        text = path.read_text(encoding="utf-8", errors="replace")
        yield from parse_html(text, path.absolute().as_uri()).links


def _link(path: Path) -> Link:
    return Link(filename=path.name, url=path.absolute().as_uri(), size_bytes=path.stat().st_size)
