"""Tells where the packages of a lock come from: pages of PyTorch-style indexes, other pages, folders beside it."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from gpuenv.lock.reading import is_pylock
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.pylock import Package

    from gpuenv.lock.reading import LockContent

_TAG: Final = r"(?P<tag>(?:nightly/)?(?:cu\d{2,3}|cpu|xpu|rocm\d[\d.]*))"
_PROJECT_PAGE: Final = re.compile(rf"(?P<base>.+?)/{_TAG}/(?P<project>[\w.-]+)/?")
_INDEX: Final = re.compile(rf"(?P<base>.+?)/{_TAG}(?P<slash>/?)")
"""With a slash at its end it is one page with all projects on it, as `lock.places` writes them."""
_NETWORK: Final = ("https://", "http://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A place of a PyTorch-style index."""

    base: str
    """What the CUDA tag follows: a mirror of it can take its place."""
    tag: str
    """`cu130`, `cpu`, `nightly/cu132`."""
    is_flat: bool = False
    """Whether the tag is one page with all projects on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Where the packages of one lock come from; what is not named comes from the default index."""

    of_project: Mapping[str, Origin]
    """By canonical name."""
    shared: tuple[str, ...]
    """Other pages, and folders as absolute paths: any package may come from there."""


def read_origins(path: Path, content: LockContent) -> Origins:
    """Find the places that a lock names; `content` is what was read of it.

    Folders are relative to the lock. Raises `pylock-not-understood`.
    """
    if not is_pylock(path):
        return origins_of(content, folder=path.parent)
    from gpuenv.lock.pylock import parse_engine_pylock  # noqa: PLC0415 - tomlkit only for a pylock

    packages = parse_engine_pylock(path.read_text(encoding="utf-8")).packages
    found: dict[str, Origin] = {
        canonicalize_name(package.name): Origin(base=place["base"], tag=place["tag"], is_flat=bool(place["slash"]))
        for package in packages
        if package.index is not None and (place := _INDEX.fullmatch(package.index)) is not None
    }
    pages = (
        package.index
        for package in packages
        if package.index is not None and canonicalize_name(package.name) not in found
    )
    folders = (str(PurePosixPath(file).parent) for package in packages for file in _paths(package))
    return Origins(of_project=found, shared=_places((*pages, *folders), path.parent))


def origins_of(content: LockContent, *, folder: Path) -> Origins:
    """Find the places that a requirements file names by its find-links.

    A page of all projects serves the builds that carry a local label and have no page of their own.
    """
    names = {package.project for package in content.packages}
    found: dict[str, Origin] = {}
    flat: list[Origin] = []
    shared: list[str] = []
    for page in content.pages:
        of_project, of_tag = _PROJECT_PAGE.fullmatch(page), _INDEX.fullmatch(page)
        if of_tag is not None:
            flat.append(Origin(base=of_tag["base"], tag=of_tag["tag"], is_flat=True))
        elif of_project is not None and canonicalize_name(of_project["project"]) in names:
            project = canonicalize_name(of_project["project"])
            found[project] = Origin(base=of_project["base"], tag=of_project["tag"])
        else:
            shared.append(page)
    for package in content.packages:
        if package.version.local and package.project not in found and flat:
            local = package.version.local
            found[package.project] = next((one for one in flat if one.tag.endswith(local)), flat[0])
    return Origins(of_project=found, shared=_places(shared, folder))


def _paths(package: Package) -> Iterator[str]:
    files = (*(package.wheels or ()), *((package.sdist,) if package.sdist is not None else ()))
    yield from (file.path for file in files if file.path is not None)


def _places(places: tuple[str, ...] | list[str], folder: Path) -> tuple[str, ...]:
    absolute = (place if place.startswith(_NETWORK) else os.path.normpath(folder / place) for place in places)
    return tuple(dict.fromkeys(absolute))
