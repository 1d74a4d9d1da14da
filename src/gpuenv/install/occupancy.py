"""Keeps two runs of gpuenv out of one environment."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.install.state import state_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POLL_S: Final = 0.1
_HELD_BY_ANOTHER: Final = frozenset({errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK})


@contextlib.contextmanager
def occupied(root: Path, *, wait_s: float = 5.0) -> Iterator[int]:
    """Hold the environment's lock; yields its file descriptor.

    Engines inherit the descriptor: an engine that outlives a killed gpuenv still holds the environment, so that
    nobody restores files under its hands. Raises `environment-busy` when another run holds it for longer than
    `wait_s` seconds, and `environment-not-writable`.
    """
    path = state_of(root) / "lock"
    deadline = time.monotonic() + wait_s
    descriptor = _open(path, root)
    try:
        while not (_try_lock(descriptor, root) and _is_current(descriptor, path)):
            if time.monotonic() >= deadline:
                holder = os.read(descriptor, 32).decode(errors="replace").strip()
                raise GpuenvError("environment-busy", environment=str(root), process=holder or None)
            time.sleep(_POLL_S)
            os.close(descriptor)
            descriptor = _open(path, root)
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _open(path: Path, root: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise GpuenvError("environment-not-writable", environment=str(root), detail=str(error)) from error


def _is_current(descriptor: int, path: Path) -> bool:
    """Whether the locked file is still the one at that path: the run before may have removed a failed environment."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _try_lock(descriptor: int, root: Path) -> bool:
    try:
        _lock(descriptor)
    except OSError as error:
        if error.errno in _HELD_BY_ANOTHER:
            return False
        raise GpuenvError("environment-not-lockable", environment=str(root), detail=str(error)) from error
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        # A byte far behind the text, since Windows' locks forbid others to read what they cover.
        os.lseek(descriptor, 1024, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
