"""The members of a static library (`.a`, `.lib`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.binaries.fatbin import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.binaries.fatbin import Buffer

ARCHIVE_MAGIC: Final = b"!<arch>\n"

_HEADER_BYTES: Final = 60
_HEADER_END: Final = b"`\n"


def members(buffer: Buffer, end: int) -> Iterator[tuple[int, int]]:
    """List the members by the offsets of their beginning and end; `FormatError` where a header is none."""
    position = len(ARCHIVE_MAGIC)
    while position < end:
        if position + _HEADER_BYTES > end:
            raise FormatError("archive-truncated", position)
        header = buffer[position : position + _HEADER_BYTES]
        digits = header[48:58].strip()
        if header[58:] != _HEADER_END or not digits.isdigit():
            raise FormatError("archive-member-unknown", position)
        start = position + _HEADER_BYTES
        stop = start + int(digits)
        if stop > end:
            raise FormatError("archive-truncated", position)
        yield start, stop
        position = stop + stop % 2
