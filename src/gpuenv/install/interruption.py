"""Turns requests to end into an exception, and keeps interruptions away from what must not stop half-way."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Final, NoReturn

from gpuenv.errors import TerminatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType
    from typing import TypeAlias

    Handler: TypeAlias = "Callable[[int, FrameType | None], object] | signal.Handlers"

_TO_END: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""`kill`, a closed terminal, and Ctrl-Break on Windows."""


@contextlib.contextmanager
def termination_raises() -> Iterator[None]:
    """While this lasts, SIGTERM raises `TerminatedError`, so that what was begun can be put back.

    A closed terminal does the same, unless it is to be ignored (`nohup`).
    """
    chosen = [number for number in _TO_END if signal.getsignal(number) is not signal.SIG_IGN]
    with _handled(chosen, _terminated):
        yield


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """While this lasts, Ctrl-C and the like are ignored: a second Ctrl-C must not stop the way back."""
    with _handled((signal.SIGINT, *_TO_END), signal.SIG_IGN):
        yield


def ignore_from_now_on() -> None:
    """Ignore Ctrl-C and the like for what is left of this process: it is ending already."""
    with contextlib.suppress(ValueError):
        for number in (signal.SIGINT, *_TO_END):
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def _handled(numbers: Iterable[signal.Signals], handler: Handler) -> Iterator[None]:
    before: list[tuple[signal.Signals, Handler | int | None]] = []
    try:
        # Only the main thread may set handlers, and only it is interrupted.
        with contextlib.suppress(ValueError):
            before.extend((number, signal.signal(number, handler)) for number in numbers)
        yield
    finally:
        for number, earlier in before:
            signal.signal(number, earlier)


def _terminated(_number: int, _frame: object) -> NoReturn:
    raise TerminatedError
