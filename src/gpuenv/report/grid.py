"""Writes rows in aligned columns that are never cut short: output is piped and searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpuenv.report.terminal import Terminal

_GAP = "  "


def write_grid(terminal: Terminal, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a heading line and one line per row to stdout; each column is as wide as its widest cell."""
    from rich.cells import cell_len  # noqa: PLC0415 - only when something is shown; Chinese is two cells wide

    lines = [tuple(headings), *(tuple(row) for row in rows)]
    widths = [max(cell_len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for number, line in enumerate(lines):
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        terminal.print(_GAP.join(padded).rstrip(), style="bold" if number == 0 else None)
