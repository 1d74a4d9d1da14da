"""Keeps files in the user's cache: whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


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
