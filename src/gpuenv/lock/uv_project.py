"""Writes an extra for a GPU into the text of a uv project's pyproject.toml, and leaves everything else as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import tomlkit
from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, Table

from gpuenv.errors import GpuenvError
from gpuenv.lock.toml_layout import inline, keeping_tail, new_array, new_table, put_key
from gpuenv.lock.uv_extra import project_of
from gpuenv.lock.uv_shape import parse_project
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpuenv.lock.uv_extra import UvExtra, UvIndex
    from gpuenv.models.platform import PythonVersion

_Toml: TypeAlias = MutableMapping[str, Any]
"""tomlkit has several types of table."""
_GPU_EXTRA: Final = re.compile(r"(nightly-)?(cu\d{2,3}|cpu)|gpu")
"""The names that extras of this kind have; two of them are never installed together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UvProject:
    """The project as it is to be written."""

    text: str
    extras: tuple[str, ...]
    """The extras that exclude each other now, in the order of the file."""
    direct: tuple[str, ...]
    """Projects of the GPU family that the project's own dependencies name: those come without any extra as well."""


def update_project(text: str, extra: UvExtra, *, file: str) -> UvProject:
    """Add the extra, or bring it up to date. Comments, order and line ends stay; the same again changes nothing.

    Raises the codes of `parse_project`, `uv-project-unusual` also for a layout that cannot be extended,
    `uv-source-in-the-way` where the project names a source of its own for every case, and `uv-requirement-unnamed` for
    a requirement that is a path or an address. `file` is named there.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    made, extras, direct = _updated(text.removeprefix(mark).replace("\r\n", "\n"), extra, file)
    return UvProject(text=mark + made.replace("\n", newline), extras=extras, direct=direct)


def _updated(text: str, extra: UvExtra, file: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    document = parse_project(text if text.endswith("\n") else f"{text}\n", file=file)
    project = document["project"]
    with keeping_tail(project):
        optional = _table(project, "optional-dependencies", file)
        _write_requirements(optional, extra, _wanted(extra, str(project.get("requires-python", ""))), file)
    if "tool" not in document:
        # tomlkit itself puts the blank line before a new table of the whole document.
        document["tool"] = tomlkit.table(is_super_table=True).add("uv", tomlkit.table())
    tool = _table(document, "tool", file)
    with keeping_tail(tool.get("uv", tool)):
        uv = _table(tool, "uv", file)
        extras = tuple(name for name, lines in optional.items() if name == extra.name or _is_gpu_extra(name, lines))
        _write_conflicts(uv, extras, file)
        _write_environment(uv, extra, file)
        _add_all(uv, "constraint-dependencies", extra.constraints, file)
        _add_all(uv, "exclude-dependencies", extra.excluded, file)
        _write_sources(uv, extra, file)
        _write_indexes(uv, dict.fromkeys(index for _, index in extra.sources), file)
    made = tomlkit.dumps(document)
    if not _reads_as(made, document):
        # A layout that the editor cannot write: better untouched than damaged.
        raise GpuenvError("uv-project-unusual", file=file, key="tool.uv")
    names = {project_of(str(line)) for line in project.get("dependencies", ())}
    return made, extras, tuple(name for name in GPU_FAMILY if name in names)


def _is_gpu_extra(name: str, lines: Iterable[str]) -> bool:
    return _GPU_EXTRA.fullmatch(name) is not None and any(project_of(line) in GPU_FAMILY for line in lines)


def _reads_as(text: str, document: tomlkit.TOMLDocument) -> bool:
    try:
        return tomlkit.parse(text).unwrap() == document.unwrap()
    except TOMLKitError:
        return False


def _table(parent: _Toml, key: str, file: str) -> _Toml:
    if key not in parent:
        parent[key] = new_table()
    found = parent[key]
    if not isinstance(found, MutableMapping):
        raise GpuenvError("uv-project-unusual", file=file, key=key)
    return found


def _wanted(extra: UvExtra, requires_python: str) -> tuple[str, ...]:
    """Give the requirements, limited to the Pythons that have wheels where the project allows older ones.

    uv resolves for every Python that the project allows, and gives up if one of them has no wheel.
    """
    for requirement in extra.requirements:
        if project_of(requirement) is None:
            raise GpuenvError("uv-requirement-unnamed", requirement=requirement, extra=extra.name)
    try:
        allowed = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return extra.requirements
    return tuple(_limited(line, extra.oldest_python.get(line), allowed) for line in extra.requirements)


def _limited(requirement: str, oldest: PythonVersion | None, allowed: SpecifierSet) -> str:
    if oldest is None or not str(allowed):
        return requirement
    if not any(allowed.contains(f"{oldest.major}.{minor}.99") for minor in range(oldest.minor)):
        return requirement
    return f"{requirement} ; python_version >= '{oldest.major}.{oldest.minor}'"


def _write_requirements(optional: _Toml, extra: UvExtra, wanted: Sequence[str], file: str) -> None:
    if extra.name not in optional:
        optional[extra.name] = new_array(wanted)
        return
    lines = _array(optional, extra.name, file)
    missing = [text for text in wanted if text not in lines]
    projects = {project_of(text) for text in wanted} | set(GPU_FAMILY)
    for place in reversed(range(len(lines))):
        name = project_of(str(lines[place]))
        if lines[place] in wanted or name not in projects:
            continue
        replacing = next((text for text in missing if project_of(text) == name), None)
        if replacing is None:
            del lines[place]
        else:
            lines[place] = replacing
            missing.remove(replacing)
    lines.extend(missing)


def _write_conflicts(uv: _Toml, extras: Sequence[str], file: str) -> None:
    if len(extras) < 2:  # noqa: PLR2004 - a conflict has two sides
        return
    sets = _array(uv, "conflicts", file) if "conflicts" in uv else None
    for known in sets or ():
        if isinstance(known, Array) and all(_is_one_of(item, extras) for item in known):
            named = {item["extra"] for item in known}
            known.extend(inline({"extra": name}) for name in extras if name not in named)
            return
    made = tomlkit.array()
    made.extend(inline({"extra": name}) for name in extras)
    if sets is None:
        _put(uv, "conflicts", new_array([made]))
    else:
        sets.append(made)


def _is_one_of(item: object, extras: Sequence[str]) -> bool:
    return isinstance(item, Mapping) and set(item) == {"extra"} and item["extra"] in extras


def _write_environment(uv: _Toml, extra: UvExtra, file: str) -> None:
    """Name the target's platform unless an environment named already has it: uv takes no overlapping ones."""
    known = uv.get("environments", ())
    lines = [known] if isinstance(known, str) else list(known)
    if any(_admits(str(line), extra.environment) for line in lines):
        return
    marker = extra.platform_marker
    if isinstance(known, str):
        uv["environments"] = new_array([known, marker])
    else:
        _add_all(uv, "environments", (marker,), file)


def _admits(marker: str, environment: Mapping[str, str]) -> bool:
    try:
        return Marker(marker).evaluate(dict(environment))
    except InvalidMarker:
        return False


def _add_all(uv: _Toml, key: str, lines: Iterable[str], file: str) -> None:
    known = _array(uv, key, file) if key in uv else None
    missing = [line for line in lines if line not in (known or ())]
    if not missing:
        return
    if known is None:
        _put(uv, key, new_array(missing))
    else:
        known.extend(missing)


def _write_sources(uv: _Toml, extra: UvExtra, file: str) -> None:
    wanted = dict(extra.sources)
    if not wanted and "sources" not in uv:
        return
    sources = _table(uv, "sources", file)
    for project in dict.fromkeys((*wanted, *GPU_FAMILY)):
        key = next((name for name in sources if canonicalize_name(name) == project), project)
        asked = any(project_of(line) == project for line in extra.requirements)
        known = sources.get(key, [])
        entries = [known] if isinstance(known, Mapping) else list(known)
        if asked and any("extra" not in entry for entry in entries):
            raise GpuenvError("uv-source-in-the-way", file=file, project=key)
        own = _entry(wanted.get(project), extra.name)
        if [entry for entry in entries if entry.get("extra") == extra.name] == own:
            continue
        rest = [entry for entry in entries if entry.get("extra") != extra.name]
        if rest or own:
            sources[key] = new_array([*(inline(dict(entry)) for entry in rest), *(inline(entry) for entry in own)])
        else:
            del sources[key]


def _entry(index: UvIndex | None, extra: str) -> list[dict[str, str]]:
    return [] if index is None else [{"index": index.name, "extra": extra}]


def _write_indexes(uv: _Toml, indexes: Iterable[UvIndex], file: str) -> None:
    for index in indexes:
        if "index" not in uv:
            uv["index"] = tomlkit.aot()
        entries = uv["index"]
        if not isinstance(entries, list):
            raise GpuenvError("uv-project-unusual", file=file, key="tool.uv.index")
        values: dict[str, str | bool] = {"name": index.name, "url": index.url, "explicit": True}
        if index.is_flat:
            values["format"] = "flat"
        known = next((entry for entry in entries if entry.get("name") == index.name), None)
        if known is None:
            made = new_table() if not isinstance(entries, Array) else tomlkit.inline_table()
            made.update(values)
            entries.append(made)
            continue
        for key, value in values.items():
            if known.get(key) != value:
                known[key] = value


def _array(table: _Toml, key: str, file: str) -> Array:
    found = table[key]
    if not isinstance(found, Array):
        raise GpuenvError("uv-project-unusual", file=file, key=key)
    return found


def _put(uv: _Toml, key: str, array: Array) -> None:
    if isinstance(uv, Table):
        put_key(uv, key, array)
    else:
        uv[key] = array
