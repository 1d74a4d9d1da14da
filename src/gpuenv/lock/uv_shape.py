"""Reads a project file and checks that the parts which are to be extended have the types that uv gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Iterator


def parse_project(text: str, *, file: str) -> tomlkit.TOMLDocument:
    """Read a pyproject.toml.

    Raises `uv-project-not-toml` with the place of the fault, `uv-project-without-table`, `uv-project-extras-dynamic`,
    and `uv-project-unusual` with the key that has another type.
    """
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise GpuenvError("uv-project-not-toml", file=file, detail=str(error)) from error
    plain: Mapping[str, Any] = document.unwrap()
    project = plain.get("project")
    if not isinstance(project, Mapping):
        raise GpuenvError("uv-project-without-table", file=file)
    wrong = next(_wrong_keys(plain, project), None)
    if wrong is not None:
        raise GpuenvError("uv-project-unusual", file=file, key=wrong)
    if "optional-dependencies" in project.get("dynamic", ()):
        raise GpuenvError("uv-project-extras-dynamic", file=file)
    return document


def _wrong_keys(plain: Mapping[str, Any], project: Mapping[str, Any]) -> Iterator[str]:
    for key in ("dynamic", "dependencies"):
        if not _is_list(project.get(key, []), str):
            yield f"project.{key}"
    optional = project.get("optional-dependencies", {})
    if not isinstance(optional, Mapping) or not all(_is_list(lines, str) for lines in optional.values()):
        yield "project.optional-dependencies"
    tool = plain.get("tool", {})
    uv = tool.get("uv", {}) if isinstance(tool, Mapping) else None
    if not isinstance(uv, Mapping):
        yield "tool.uv"
        return
    sources = uv.get("sources", {})
    if not isinstance(sources, Mapping) or not all(
        isinstance(source, Mapping) or _is_list(source, Mapping) for source in sources.values()
    ):
        yield "tool.uv.sources"
    if not _is_list(uv.get("index", []), Mapping):
        yield "tool.uv.index"
    conflicts = uv.get("conflicts", [])
    if not _is_list(conflicts, list) or not all(_is_list(items, Mapping) for items in conflicts):
        yield "tool.uv.conflicts"
    for key in ("environments", "constraint-dependencies", "exclude-dependencies"):
        lines = uv.get(key, [])
        if not (_is_list(lines, str) or (key == "environments" and isinstance(lines, str))):
            yield f"tool.uv.{key}"


def _is_list(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)
