"""Reads the rows of the examination: machines with their right answers."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gpuenv.models.request import IndexPolicy
from support.machines import request_for, target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target

_FILE: Final = Path(__file__).with_name("machines.toml")
_SHARED: Final = ("platform", "driver", "wsl", "glibc", "asks", "indexes")
_ANSWERS: Final = frozenset({"torch", "fit", "via", "onnxruntime", "notes", "not", "conflict", "causes", "gives"})
_ROW_KEYS: Final = _ANSWERS | frozenset(_SHARED) | {"id", "gpus", "names", "cuda", "python"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One machine and its right answer."""

    name: str
    machine: Target
    asked: Request
    answer: dict[str, Any]
    glibc: str | None = None
    """As the row states it."""


def parse_rows(text: str) -> tuple[Row, ...]:
    """Read the table; a row has what its part shares unless it says otherwise."""
    rows = []
    table: dict[str, Any] = tomllib.loads(text)
    for part in table["part"]:
        assert part["why"], f"{part['name']}: no reason"
        assert part["source"], f"{part['name']}: no source"
        for number, stated in enumerate(part["row"], start=1):
            assert set(stated) <= _ROW_KEYS, f"{part['name']}: {set(stated) - _ROW_KEYS}"
            row = {key: part[key] for key in _SHARED if key in part} | stated
            rows.append(_row(f"{part['name']}/{row.get('id', number)}", row))
    return tuple(rows)


def _row(name: str, row: dict[str, Any]) -> Row:
    is_described_by_cuda = "cuda" in row and "driver" not in row
    machine = target(
        *(capability for capability in row["gpus"].split(",") if capability),
        driver=None if is_described_by_cuda else row.get("driver"),
        driver_cuda=row.get("cuda"),
        platform=row["platform"],
        python=row.get("python", "3.12"),
        is_wsl=row.get("wsl", False),
        glibc=_glibc(row.get("glibc")),
    )
    if "names" in row:
        names = row["names"].split(",")
        machine = replace(
            machine, gpus=tuple(replace(gpu, name=name) for gpu, name in zip(machine.gpus, names, strict=True))
        )
    asked = request_for(machine, *row.get("asks", ["torch"]), policy=IndexPolicy(row.get("indexes", "auto")))
    answer = {key: row[key] for key in row if key in _ANSWERS}
    return Row(name=name, machine=machine, asked=asked, answer=answer, glibc=row.get("glibc"))


def _glibc(text: str | None) -> tuple[int, int] | None:
    major, _, minor = (text or "").partition(".")
    return (int(major), int(minor)) if minor else None


ROWS: Final = parse_rows(_FILE.read_text(encoding="utf-8"))
