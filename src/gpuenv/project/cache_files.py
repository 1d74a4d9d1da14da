"""Keeps files in the user's cache: whole or not at all, and only this user's own are believed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

_WRITABLE_BY_OTHERS: Final = 0o022


def keep_file(path: Path, content: bytes) -> None:
    """Write for the owner alone, so that nobody sees half of it, whoever else writes it at the same time.

    A folder that cannot be written costs time, nothing else: what is not kept is made again.
    """
    import tempfile  # noqa: PLC0415 - not where nothing new is kept

    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def kept_file(path: Path) -> bytes | None:
    """Read what was kept; None where there is nothing, or where somebody else can have written it."""
    try:
        with path.open("rb") as file:
            return file.read() if _is_ours(os.fstat(file.fileno())) else None
    except OSError:
        return None


def _is_ours(status: os.stat_result) -> bool:
    """Whether only this user (or root) can have written it. Windows keeps each user's cache apart by itself."""
    if os.name == "nt":
        return True
    return status.st_uid in {0, os.geteuid()} and not status.st_mode & _WRITABLE_BY_OTHERS
