"""Takes away what uv leaves in an environment that it only looked at or worked in: its lock file."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def without_traces(root: Path | None) -> Iterator[None]:
    """Leave no lock file in the environment at `root` that it did not have before; None where there is none yet."""
    lock = root / ".lock" if root is not None else None
    was_there = lock is None or lock.exists()
    try:
        yield
    finally:
        if lock is not None and not was_there:
            lock.unlink(missing_ok=True)
