"""Writes rows in aligned columns that are never cut short: output is piped and searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.report.labels import cells, padded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gpuenv.report.terminal import Terminal

_GAP = "  "


def write_grid(terminal: Terminal, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a heading line and one line per row to stdout."""
    for number, line in enumerate(aligned([headings, *rows])):
        terminal.print(line, style="bold" if number == 0 else None)


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Make a line of each row; each column is as wide as its widest cell."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        filled = (padded(cell, width) for cell, width in zip(row, widths, strict=True))
        yield _GAP.join(filled).rstrip()
