from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from gpuenv import parallel
from gpuenv.parallel import results_of

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_copies = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux only")


@pytest.fixture(params=[1, 3])
def processors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(parallel, "_processors", lambda: request.param)
    return int(request.param)


@pytest.mark.usefixtures("processors")
def test_every_item_gets_its_result_once() -> None:
    items = [f"item {number}" for number in range(500)]
    found = list(results_of(items, lambda item: {"name": item, "numbers": [1, (2, 3)], "none": None}))
    assert sorted(place for place, _ in found) == list(range(500))
    assert all(result == {"name": items[place], "numbers": [1, (2, 3)], "none": None} for place, result in found)


@pytest.mark.usefixtures("processors")
def test_nothing_to_do_is_done() -> None:
    assert list(results_of([], str)) == []
    assert list(results_of(["one"], str)) == [(0, "one")]


@needs_copies
def test_the_work_is_shared_among_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_processors", lambda: 2)

    def slowly(_: int) -> int:
        time.sleep(0.02)
        return os.getpid()

    found = {pid for _, pid in results_of(range(20), slowly)}
    assert len(found) == 2
    assert os.getpid() in found


@needs_copies
def test_large_results_do_not_stop_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_processors", lambda: 2)
    found = dict(results_of(range(40), lambda number: bytes(200_000) + bytes([number])))
    assert [found[number][-1] for number in range(40)] == list(range(40))


@needs_copies
def test_what_a_killed_copy_did_not_bring_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_processors", lambda: 2)
    here = os.getpid()

    def deadly(number: int) -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.01)
        return number * number

    assert dict(results_of(range(20), deadly)) == {number: number * number for number in range(20)}


@needs_copies
def test_a_fault_of_the_work_ends_it_and_leaves_no_copy_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_processors", lambda: 2)
    here = os.getpid()

    def failing(_: int) -> int:
        if os.getpid() == here:
            raise ValueError("no")
        time.sleep(60)
        return 0

    begun = time.monotonic()
    with pytest.raises(ValueError, match="no"):
        list(results_of(range(20), failing))
    assert time.monotonic() - begun < 30
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.fixture
def second_thread() -> Iterator[None]:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    yield
    done.set()
    thread.join()


@pytest.mark.usefixtures("second_thread")
def test_a_process_with_threads_is_not_copied() -> None:
    assert {pid for _, pid in results_of(range(50), lambda _: os.getpid())} == {os.getpid()}
