"""Writes the word that a line begins with, and words that stand for values, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

COLUMN: Final = 9
"""Cells that the labels of a plan take."""


def label(name: str, language: Language) -> str:
    """Give the word for `label-NAME`."""
    return phrase(f"label-{name}", {}, language).message


def padded(text: str, width: int) -> str:
    """Fill up with spaces to so many cells: a Chinese character takes two."""
    return text + " " * (width - cells(text))


def cells(text: str) -> int:
    """Count the cells that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 - not for English

    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def write_labelled(terminal: Terminal, name: str, text: str, *, width: int = COLUMN, style: str | None = None) -> None:
    """Write `label    text`."""
    terminal.print(f"{padded(label(name, terminal.language), width)}{text}", style=style)
