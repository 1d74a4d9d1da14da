"""Reads the log that is to be diagnosed, of any length in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.errors import UsageError

if TYPE_CHECKING:
    from typing import BinaryIO

    from gpuenv.models.surroundings import Surroundings

HEAD: Final = 8 * 1024 * 1024
TAIL: Final = 24 * 1024 * 1024
"""Bytes of a log that are read at most: its begin, where the first fault is, and its end, where the last is."""


def read_log(stream: BinaryIO) -> bytes:
    """Read a log of any length in bounded memory: `HEAD` bytes of its begin and `TAIL` of its end."""
    head = stream.read(HEAD)
    tail = b""
    while chunk := stream.read(1024 * 1024):
        tail = (tail + chunk)[-TAIL:] if len(tail) < TAIL else tail[len(chunk) :] + chunk
    return head + tail


def read_log_file(name: str, surroundings: Surroundings) -> bytes:
    """Read a log file; the usage error `log-unreadable` where that cannot be done."""
    try:
        with (surroundings.cwd / name).open("rb") as file:
            return read_log(file)
    except (OSError, ValueError) as error:
        detail = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UsageError("log-unreadable", file=name, detail=detail) from error
