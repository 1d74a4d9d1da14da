"""Does work on several processors at once, in copies of this process.

Threads would not: reading the headers of a thousand containers is work for the interpreter, which one thread has at a
time. A copy needs no start-up and no imports. Where processes cannot be copied, the work is done in this one.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import signal
import sys
import threading
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")

_number = Struct("<H")
_MOST_ITEMS: Final = 8192
"""Their numbers, two bytes each, must fit into a pipe: 64 KiB on Linux, less for one who has many."""
_MOST_PROCESSES: Final = 4


def results_of(items: Sequence[Item], work: Callable[[Item], Result]) -> Iterator[tuple[int, Result]]:
    """Give the result for each item with its place, in the order in which they are done.

    A result must be of what `marshal` knows: numbers, texts, lists, dictionaries. All processes take the next item
    from one pipe, so that none waits for another. What a copy did not bring, because it was killed, is done here.
    """
    processes = min(_processors(), _MOST_PROCESSES, len(items))
    if processes < 2 or len(items) > _MOST_ITEMS:  # noqa: PLR2004 - one is this one
        for place, item in enumerate(items):
            yield place, work(item)
        return
    left = set(range(len(items)))
    with _numbers(len(items)) as waiting, _copies(processes - 1, waiting, items, work) as pipes:
        for place in _taken(waiting):
            left.discard(place)
            yield place, work(items[place])
        for pipe in pipes:
            for place, result in _brought(pipe):
                left.discard(place)
                yield place, result
    for place in sorted(left):
        yield place, work(items[place])


def _processors() -> int:
    """Count the processors that this process may use; one where it cannot be copied safely."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0))


@contextlib.contextmanager
def _numbers(count: int) -> Iterator[int]:
    """Fill a pipe with the places of the items."""
    reading, writing = os.pipe()
    try:
        os.write(writing, b"".join(_number.pack(number) for number in range(count)))
        os.close(writing)
        yield reading
    finally:
        os.close(reading)


def _taken(pipe: int) -> Iterator[int]:
    """Take the next number, until there is none: one read takes all of one number or nothing."""
    while len(taken := os.read(pipe, _number.size)) == _number.size:
        yield int(_number.unpack(taken)[0])


@contextlib.contextmanager
def _copies(count: int, waiting: int, items: Sequence[Item], work: Callable[[Item], Result]) -> Iterator[list[int]]:
    """Start copies of this process that work, each with a pipe for its results; none of them is left behind."""
    started: list[tuple[int, int]] = []
    try:
        for _ in range(count):
            reading, writing = os.pipe()
            pid = os.fork()
            if not pid:
                _work_and_end(waiting, writing, items, work)
            os.close(writing)
            started.append((pid, reading))
        yield [pipe for _, pipe in started]
    except BaseException:
        for pid, _ in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        raise
    finally:
        for pid, pipe in started:
            os.close(pipe)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _work_and_end(waiting: int, writing: int, items: Sequence[Item], work: Callable[[Item], Result]) -> NoReturn:
    code = 1
    try:
        for interruption in (signal.SIGINT, signal.SIGTERM):
            signal.signal(interruption, signal.SIG_DFL)
        with os.fdopen(writing, "wb") as file:
            for place in _taken(waiting):
                marshal.dump((place, work(items[place])), file)  # type: ignore[arg-type] # as the caller promised
        code = 0
    finally:
        os._exit(code)  # nothing of the process that was copied may run here: no handlers, no flushing


def _brought(pipe: int) -> Iterator[tuple[int, Any]]:
    """Read what a copy wrote, as far as it came."""
    with os.fdopen(pipe, "rb", closefd=False) as file:
        while True:
            try:
                place, result = marshal.load(file)  # noqa: S302 - our own copy wrote it
            except (EOFError, ValueError, TypeError):
                return
            yield place, result
