"""Writes the project file by which uv takes each member of the family from its own source, and only from there.

uv applies `[tool.uv.sources]` to direct dependencies alone, so every pin is one; an `explicit` index serves nothing
else, so that no package of the default index can be shadowed (dependency confusion).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gpuenv.errors import GpuenvError
from gpuenv.install.engines.uv_failures import PROJECT_NAME
from gpuenv.models.index import SourceKind
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gpuenv.models.resolution import Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplicitIndex:
    """One index that serves only the projects that name it."""

    url: str
    """May hold credentials: it is written to a private folder only."""
    format: Literal["simple", "flat"] = "simple"


def project_text(
    requirements: Sequence[str], indexes: Mapping[str, ExplicitIndex], constraints: Sequence[str] = ()
) -> str:
    """Make the text of a `pyproject.toml`: the dependencies, and the index of each project that has its own."""
    distinct = {index: f"gpuenv-{number}" for number, index in enumerate(dict.fromkeys(indexes.values()), start=1)}
    lines = [
        "[project]",
        f"name = {_text(PROJECT_NAME)}",
        'version = "0"',
        f"dependencies = [{', '.join(_text(requirement) for requirement in requirements)}]",
    ]
    for index, name in distinct.items():
        lines += ["", "[[tool.uv.index]]", f"name = {_text(name)}", f"url = {_text(index.url)}"]
        lines += [f"format = {_text(index.format)}", "explicit = true"]
    if constraints:
        lines += ["", "[tool.uv]", f"constraint-dependencies = [{', '.join(map(_text, constraints))}]"]
    if indexes:
        lines += ["", "[tool.uv.sources]"]
        lines += [f"{_text(project)} = {{ index = {_text(distinct[index])} }}" for project, index in indexes.items()]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """Write a TOML basic string; JSON's escapes are TOML's too."""
    return json.dumps(value, ensure_ascii=False)


def explicit_indexes(pins: Iterable[Pin]) -> Mapping[str, ExplicitIndex]:
    """Find the index of each pin that does not come from the default index, by project."""
    pins = tuple(pins)
    found = {}
    for pin in pins:
        match pin.source.kind:
            case SourceKind.PYPI:
                continue
            case SourceKind.FIND_LINKS:
                found[pin.project] = ExplicitIndex(url=_location(pin), format="flat")
            case SourceKind.PYTORCH:
                found[pin.project] = _pytorch_index(_location(pin), pin.tag or _tag_beside(pin, pins), pin)
    return found


def _tag_beside(pin: Pin, pins: tuple[Pin, ...]) -> str:
    """The tag of the family for a member without one: a pure companion lies in every tag's index."""
    return next((other.tag for other in pins if other.tag and other.source == pin.source), "cpu")


def _pytorch_index(base: str, tag: str, pin: Pin) -> ExplicitIndex:
    """Choose how the index of a tag is read; in a folder it may be pages, a folder per project, or plain wheels."""
    if "://" in base:
        url = f"{base.rstrip('/')}/{tag}"
        return ExplicitIndex(url=f"{url}/", format="flat") if pin.is_flat else ExplicitIndex(url=url)
    folder = Path(base, *tag.split("/"))
    if (folder / pin.project / "index.html").is_file():
        return ExplicitIndex(url=folder.absolute().as_uri())
    flat = folder / pin.project if (folder / pin.project).is_dir() else folder
    return ExplicitIndex(url=str(flat.absolute()), format="flat")


def _location(pin: Pin) -> str:
    if pin.source.location is None:
        raise GpuenvError("source-without-location", package=pin.project)
    return pin.source.location


def flat_locations(pins: Iterable[Pin]) -> tuple[str, ...]:
    """The find-links pages and folders among the sources: what lies there besides may serve dependencies too."""
    return tuple(
        dict.fromkeys(
            pin.source.location
            for pin in pins
            if pin.source.kind is SourceKind.FIND_LINKS and pin.source.location is not None
        )
    )
