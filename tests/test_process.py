from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.process import run_reporting

if TYPE_CHECKING:
    from pathlib import Path

ENV = dict(os.environ)
CHANNEL = "import os, sys, time; channel = int(sys.argv[1].removeprefix('fd:'))\n"


def test_reports_come_by_lines_and_apart_from_both_outputs() -> None:
    script = (
        CHANNEL
        + "print('out'); print('err', file=sys.stderr); os.write(channel, b'one\\ntw'); os.write(channel, b'o\\n')"
    )
    lines: list[str] = []
    result = run_reporting([sys.executable, "-c", script], env=ENV, on_report=lines.append, silence_s=30)
    assert lines == ["one", "two"]
    assert (result.stdout, result.stderr, result.exit_code, result.timed_out) == ("out\n", "err\n", 0, False)


def test_a_report_is_handed_on_while_the_program_runs() -> None:
    script = CHANNEL + "os.write(channel, b'now\\n'); time.sleep(3600)"
    arrived: list[float] = []
    started = time.monotonic()
    result = run_reporting(
        [sys.executable, "-c", script],
        env=ENV,
        on_report=lambda _line: arrived.append(time.monotonic() - started),
        silence_s=1.0,
    )
    assert result.timed_out
    assert len(arrived) == 1
    assert arrived[0] < result.seconds - 0.9


def test_every_report_restarts_the_clock() -> None:
    script = CHANNEL + "[(time.sleep(0.4), os.write(channel, b'alive\\n')) for _ in range(5)]"
    lines: list[str] = []
    result = run_reporting([sys.executable, "-c", script], env=ENV, on_report=lines.append, silence_s=1.5)
    assert (lines, result.timed_out) == (["alive"] * 5, False)


def test_a_line_that_a_crash_cut_off_is_dropped() -> None:
    script = CHANNEL + "os.write(channel, b'whole\\nha'); os.kill(os.getpid(), 9)"
    lines: list[str] = []
    result = run_reporting([sys.executable, "-c", script], env=ENV, on_report=lines.append, silence_s=30)
    assert (lines, result.exit_code) == (["whole"], -9)


def test_silence_ends_the_program_with_everything_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    script = (
        "import subprocess, sys, time\n"
        f'later = \'import time; time.sleep(2); open("{mark}", "w")\'\n'
        "subprocess.Popen([sys.executable, '-c', later])\n"
        "time.sleep(3600)"
    )
    result = run_reporting([sys.executable, "-c", script], env=ENV, on_report=print, silence_s=0.5)
    assert result.timed_out
    time.sleep(2)
    assert not mark.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what a session is made of is read from /proc")
def test_what_an_ended_program_put_into_groups_of_their_own_ends_too(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    script = (
        "import os, subprocess, sys, time\n"
        f'later = \'import time; time.sleep(2); open("{mark}", "w")\'\n'
        "subprocess.Popen([sys.executable, '-c', later], preexec_fn=os.setpgrp)\n"
        "time.sleep(3600)"
    )
    assert run_reporting([sys.executable, "-c", script], env=ENV, on_report=print, silence_s=0.5).timed_out
    time.sleep(2)
    assert not mark.exists()


def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(GpuenvError) as raised:
        run_reporting(["no-such-program"], env=ENV, on_report=print, silence_s=1)
    assert (raised.value.code, raised.value.context) == ("program-not-found", {"program": "no-such-program"})
