"""Writes what stands above the tables of a matrix: which one it is, and the headings of the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.report.terminal import Terminal


def write_title(terminal: Terminal, code: str, matrix: CompatibilityMatrix, **facts: str) -> None:
    """Write the title of a table, and an empty line."""
    context = {"matrix": matrix.version, "released": matrix.released, **facts}
    terminal.print(phrase(code, context, terminal.language).message)
    terminal.print()


def columns(terminal: Terminal, code: str) -> tuple[str, ...]:
    """Give the headings, which one message holds."""
    return tuple(phrase(code, {}, terminal.language).message.split("|"))


def release_as_json(matrix: CompatibilityMatrix) -> dict[str, Any]:
    """Say which matrix it is, as `data` of every table does."""
    return {"matrix": matrix.version, "released": matrix.released}
