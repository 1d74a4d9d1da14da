"""Turns SIGTERM into an exception, and keeps interruptions away from what must not stop half-way."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, NoReturn

from gpuenv.errors import TerminatedError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def termination_raises() -> Iterator[None]:
    """While this lasts, SIGTERM raises `TerminatedError`, so that what was begun can be put back."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, and only it is interrupted
        return
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """While this lasts, Ctrl-C and SIGTERM are ignored: a second Ctrl-C must not stop the way back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _terminated(_number: int, _frame: object) -> NoReturn:
    raise TerminatedError
