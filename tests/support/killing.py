"""Kills work before its n-th operation that writes to the disk: what `kill -9` and a power cut leave behind."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

WRITES: Final = frozenset({"os.link", "os.symlink", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"})


def killed_at(operation: int, work: Callable[[], object]) -> bool:
    """Run `work` in a child that is killed before its n-th operation that writes; tells whether it came so far."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # an index server's threads have no part in the child
        child = os.fork()
    if child == 0:
        left = operation

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in WRITES or (event == "open" and arguments[1] not in {"r", "rb", None}):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
