"""Requests to end become exceptions, and what must not stop half-way hears of none."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from gpuenv.errors import TerminatedError
from gpuenv.install.interruption import termination_raises, undisturbed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_raises_only_while_asked_for(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(TerminatedError), termination_raises():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_a_closed_terminal_stays_ignored_where_it_was() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
    try:
        with termination_raises():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_must_not_stop_hears_of_nothing() -> None:
    with termination_raises(), undisturbed():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), number)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_change_no_handlers() -> None:
    seen: list[object] = []

    def work() -> None:
        with termination_raises(), undisturbed():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
