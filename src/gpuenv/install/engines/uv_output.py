"""Reads what uv prints, or draws on a terminal: plain lines, and downloads with their bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.models.progress import Reporter

_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PIECE: Final = re.compile(r"([^\r\n]*)(\r?\n|\r(?=[^\n]))")
_BAR: Final = re.compile(
    r"(?P<label>[A-Za-z0-9][\w.-]*) +-{2,} +(?P<done>[\d.]+ ?[KMGT]?i?B)/(?P<total>[\d.]+ ?[KMGT]?i?B)"
)
_BEGUN: Final = re.compile(r"Downloading (?P<label>[\w.-]+) \((?P<total>[\d.]+ ?[KMGT]?i?B)\)")
_COMPLETE: Final = re.compile(r" Downloaded (?P<label>[\w.-]+)")
_UNITS: Final = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


class UvOutput:
    """The output of one command: lines go to `on_line`, downloads to the listener."""

    def __init__(self, listener: Reporter, on_line: Callable[[str], None]) -> None:
        """Listen to nothing yet."""
        self._listener = listener
        self._on_line = on_line
        self._rest = ""
        self._totals: dict[str, int] = {}
        """The downloads that go on, with their sizes."""

    def line(self, line: str) -> None:
        """Take one line of plain output. Sample: tests/data/install/uv/downloading.txt."""
        if (begun := _BEGUN.fullmatch(line)) is not None:
            self._progress(begun["label"], 0, parse_size(begun["total"]))
        elif (complete := _COMPLETE.fullmatch(line)) is not None:
            self._complete(complete["label"])
        self._on_line(line)

    def drawing(self, text: str) -> None:
        """Take a piece of what is drawn: what ends a line is a line, what is drawn over again is progress.

        Sample: tests/data/install/uv/drawing.txt.
        """
        self._rest += text
        if "\r" not in self._rest and "\n" not in self._rest:
            return
        taken = 0
        for piece in _PIECE.finditer(self._rest):
            taken = piece.end()
            shown = _CONTROL.sub("", piece[1])
            if "\n" in piece[2]:
                if shown.strip():
                    self._on_line(shown.rstrip())
            elif shown.strip():
                self._bars(shown)
        self._rest = self._rest[taken:]

    def _bars(self, drawn: str) -> None:
        bars = list(_BAR.finditer(drawn))
        for bar in bars:
            self._progress(bar["label"], parse_size(bar["done"]), parse_size(bar["total"]))
        if "Preparing packages" in drawn:
            # uv takes a bar away when its download is complete.
            for label in self._totals.keys() - {bar["label"] for bar in bars}:
                self._complete(label)

    def _progress(self, label: str, done: int, total: int) -> None:
        self._totals[label] = total
        self._listener.download(label, done, total)

    def _complete(self, label: str) -> None:
        if label in self._totals:
            total = self._totals.pop(label)
            self._listener.download(label, total, total)


def parse_size(text: str) -> int:
    """Read uv's sizes, in bytes; they are rounded to a tenth or a hundredth of their unit.

    >>> parse_size("2.5MiB"), parse_size("7 B")
    (2621440, 7)
    """
    number, unit = re.fullmatch(r"([\d.]+) ?(\w+)", text).groups()  # type: ignore[union-attr]
    return round(float(number) * _UNITS[unit])
