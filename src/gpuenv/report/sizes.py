"""Writes numbers of bytes for people."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP: Final = 1024
_TEN: Final = 10


def shown_size(size: float) -> str:
    """Write a size in the unit that leaves one to four digits.

    >>> shown_size(843_000_000), shown_size(5 * 2**30), shown_size(12)
    ('804 MiB', '5.0 GiB', '12 B')
    """
    unit = 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size /= _STEP
        unit += 1
    return f"{size:.1f} {_UNITS[unit]}" if unit and size < _TEN else f"{size:.0f} {_UNITS[unit]}"
