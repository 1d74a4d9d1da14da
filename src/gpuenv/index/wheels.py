"""Turns the links of a page into the wheels of one project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from gpuenv.models.index import IndexedWheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from gpuenv.index.listing import Link


def indexed_wheels(links: Iterable[Link], project: NormalizedName) -> tuple[IndexedWheel, ...]:
    """List the wheels of a project, in the order of the page.

    What is no wheel, is of another project, or has a name that does not parse (pages keep some from before the
    standard) is left out, as uv and pip do.
    """
    found = []
    for link in links:
        try:
            name, version, build, tags = parse_wheel_filename(link.filename)
        except (InvalidWheelFilename, ValueError):
            continue
        if name == project:
            found.append(
                IndexedWheel(
                    name=name,
                    version=version,
                    build=build,
                    tags=tags,
                    filename=link.filename,
                    url=link.url,
                    sha256=link.sha256,
                    size_bytes=link.size_bytes,
                    requires_python=_specifier(link.requires_python),
                    is_yanked=link.is_yanked,
                )
            )
    return tuple(found)


def _specifier(text: str | None) -> SpecifierSet | None:
    """Read `data-requires-python`; what does not parse says nothing, as with pip."""
    if text is None:
        return None
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None
