from __future__ import annotations

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from gpuenv.report.messages.catalog import all_messages
from gpuenv.report.verify import notice_code
from gpuenv.verify.commands import command_environment, run_command

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals end programs on POSIX")


def python(script: str) -> str:
    return shlex.join([sys.executable, "-c", script])


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("print('loss 0.1')", None),
        ("raise SystemExit(1)", "command-failed"),
        (
            "raise RuntimeError('CUDA error: no kernel image is available for execution on the device')",
            "no-kernel-image",
        ),
        ("print('FATAL: this function is for sm80, but was built for sm750')", "kernel-built-for-other-gpu"),
        ("print('Neither CUDA nor MPS are available - defaulting to CPU.')", "command-fell-back-to-cpu"),
        ("print('caught: CUDA out of memory, trying a smaller batch')", None),
        ("import time; time.sleep(3600)", "check-timed-out"),
        pytest.param("import os; os.abort()", "check-crashed", marks=POSIX),
    ],
)
def test_a_command_is_judged_by_its_exit_code_and_by_what_it_prints(
    tmp_path: Path, script: str, code: str | None
) -> None:
    check = run_command(python(script), env=dict(os.environ), cwd=tmp_path, place="GPU-1", timeout_s=2.0)
    assert (check.name, check.gpu) == (f"command: {python(script)}", "GPU-1")
    assert (check.status, check.code) == ("passed" if code is None else "failed", code)
    assert code is None or notice_code(code) in all_messages()


def test_the_last_words_of_a_failed_command_are_kept(tmp_path: Path) -> None:
    check = run_command(
        python("print('before'); raise SystemExit('no such data set')"),
        env=dict(os.environ),
        cwd=tmp_path,
        place=None,
        timeout_s=60,
    )
    assert check.detail == "ended with exit code 1\nbefore\n\nno such data set"


def test_a_command_that_is_not_there_is_a_failed_check(tmp_path: Path) -> None:
    check = run_command("no-such-program now", env=dict(os.environ), cwd=tmp_path, place=None, timeout_s=60)
    assert (check.status, check.code, check.detail) == ("failed", "program-not-found", "no-such-program")


@POSIX
def test_a_command_that_a_signal_ended_has_crashed(tmp_path: Path) -> None:
    script = "import os; os.kill(os.getpid(), 11)"
    check = run_command(python(script), env=dict(os.environ), cwd=tmp_path, place=None, timeout_s=60)
    assert (check.code, check.detail) == ("check-crashed", f"ended by signal 11 ({signal.strsignal(11)})")


def test_the_programs_of_the_environment_come_first() -> None:
    path = Path("/env/bin/python")
    assert command_environment({"PATH": "/bin", "A": "1"}, path) == {"PATH": f"{path.parent}{os.pathsep}/bin", "A": "1"}
