"""Reads the tables of docs/json.md, and holds an envelope against them: whole key sets, every type."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE: Final = Path(__file__).parents[2] / "docs" / "json.md"
_ROW: Final = re.compile(r"\| `(?P<name>\w+)`(?P<optional>\??) \| (?P<type>[^|]+) \|[^|]*\|")
_COMMAND: Final = re.compile(r"\| `(?P<command>[a-z]+)` \| (?P<objects>[a-z, -]+) \|")
_PLAIN: Final[Mapping[str, Any]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "null": type(None),
}

Fields = dict[str, tuple[bool, tuple[str, ...]]]
"""By name: whether it is always there, and its types."""


@cache
def objects() -> dict[str, Fields]:
    """Read the objects: a heading each, and a table of fields below it."""
    found: dict[str, Fields] = {}
    for text in PAGE.read_text(encoding="utf-8").split("\n### ")[1:]:
        name, section = text.partition("\n")[0].strip(), text.partition("\n## ")[0]
        found[name] = {
            row["name"]: (not row["optional"], tuple(re.split(r", | or ", row["type"].strip())))
            for row in _ROW.finditer(section)
        }
    return found


@cache
def commands() -> dict[str, tuple[str, ...]]:
    """Read which objects the `data` of each command may be."""
    text = PAGE.read_text(encoding="utf-8").partition("## What `data` holds")[2].partition("\n### ")[0]
    return {row["command"]: tuple(row["objects"].split(", ")) for row in _COMMAND.finditer(text)}


def check_envelope(envelope: Mapping[str, Any]) -> None:
    """Fail with every fault where an envelope is not as the page says."""
    faults = list(_faults(envelope, "envelope", "envelope"))
    data, known = envelope.get("data"), commands().get(str(envelope.get("command")), ())
    if data and known:
        tried = [list(_faults(data, name, "data")) for name in known]
        faults += min((len(found), found) for found in tried)[1]
    elif data:
        faults.append(f"{envelope['command']} has data and is not on the page")
    assert faults == [], f"not as docs/json.md says: {faults[:6]}"


def _faults(value: object, name: str, place: str) -> Iterator[str]:
    """Compare a value with the table of an object."""
    if not isinstance(value, dict):
        yield f"{place} is no object"
        return
    fields = objects()[name]
    yield from (f"{place}.{key} is not in the table {name}" for key in value if key not in fields)
    yield from (f"{place}.{key} is missing" for key, (always, _) in fields.items() if always and key not in value)
    for key, (_, types) in fields.items():
        if key in value:
            yield from _of_types(value[key], types, f"{place}.{key}")


def _of_types(value: object, types: tuple[str, ...], place: str) -> Iterator[str]:
    tried: list[list[str]] = [list(_of_type(value, one, place)) for one in types]
    if all(tried):
        yield from min((len(found), found) for found in tried)[1]


def _of_type(value: object, wanted: str, place: str) -> Iterator[str]:
    if wanted.startswith(("list of ", "map of ")):
        kind, _, inner = wanted.partition(" of ")
        if not isinstance(value, list if kind == "list" else dict):
            yield f"{place} is no {kind}"
            return
        parts = enumerate(value) if isinstance(value, list) else value.items()
        for key, part in parts:
            yield from _of_type(part, inner, f"{place}[{key}]")
    elif wanted.startswith('"') or wanted.isdigit():
        if value != (int(wanted) if wanted.isdigit() else wanted.strip('"')):
            yield f"{place} is {value!r}"
    elif wanted in _PLAIN:
        if not isinstance(value, _PLAIN[wanted]) or (isinstance(value, bool) and wanted != "boolean"):
            yield f"{place} is {value!r}, and no {wanted}"
    else:
        yield from _faults(value, wanted, place)
