"""The only place that starts processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_POLL_S: Final = 0.05
"""How often a child's reports are looked at, in seconds."""
_GRACE_S: Final = 2.0
"""How long a killed program is waited for: in an uninterruptible driver call it stays for good."""
_NOT_ENDED: Final = -9


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessResult:
    """How a process ended, and what it said."""

    argv: tuple[str, ...]
    exit_code: int
    """Negative for the number of the signal that ended it."""
    stdout: str
    stderr: str
    seconds: float
    timed_out: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself with 0."""
        return self.exit_code == 0 and not self.timed_out


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout_s: float | None = None,
    pass_fds: tuple[int, ...] = (),
) -> ProcessResult:
    """Run a program to its end with both outputs captured, standard input closed.

    A time-out ends the program with everything it started, and is told by `timed_out`, never raised.
    Raises `GpuenvError("program-not-found")` where there is no such program.
    """
    started = time.monotonic()
    with _started(argv, env=env, cwd=cwd, stderr=subprocess.PIPE, pass_fds=pass_fds) as child:
        try:
            stdout, stderr = child.communicate(timeout=timeout_s)
            timed_out = False
        except subprocess.TimeoutExpired:
            _end(child)
            stdout, stderr = _last_words(child)
            timed_out = True
    return _result(argv, child, started, stdout=stdout or "", stderr=stderr or "", timed_out=timed_out)


def stream(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
    cwd: Path | None = None,
    timeout_s: float | None = None,
    pass_fds: tuple[int, ...] = (),
) -> ProcessResult:
    """Run a program and hand on each line of its output, both streams as one, as it comes.

    The result's `stdout` holds all of it. Raises as `run` does.
    """
    started = time.monotonic()
    lines: list[str] = []
    timed_out = False

    with _started(argv, env=env, cwd=cwd, stderr=subprocess.STDOUT, pass_fds=pass_fds) as child:

        def end_in_time() -> None:
            nonlocal timed_out
            timed_out = True
            _end(child)

        timer = Timer(timeout_s, end_in_time) if timeout_s is not None else None
        if timer is not None:
            timer.start()
        try:
            for line in child.stdout or ():
                lines.append(line)
                on_line(line.rstrip("\r\n"))
            child.wait()
        finally:
            if timer is not None:
                timer.cancel()
    return _result(argv, child, started, stdout="".join(lines), timed_out=timed_out)


def stream_into(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    output: int,
    read: Callable[[], str],
    cwd: Path | None = None,
    pass_fds: tuple[int, ...] = (),
) -> ProcessResult:
    """Run a program that writes both streams to the descriptor `output`, which it alone then holds; raises as `run`.

    `read` hands on what comes out at the other end until all of it came, and gives it back: the result's `stdout`.
    """
    started = time.monotonic()
    with _started(argv, env=env, cwd=cwd, stdout=output, stderr=output, pass_fds=pass_fds) as child:
        os.close(output)
        written = read()
        child.wait()
    return _result(argv, child, started, stdout=written)


def run_reporting(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    on_report: Callable[[str], None],
    silence_s: float,
    cwd: Path | None = None,
) -> ProcessResult:
    """Run a program that reports by lines on a channel of its own, apart from both outputs, and hand on each line.

    Where to write is appended to argv: `fd:N`, an inherited descriptor, or `path:FILE` on Windows. Every line restarts
    the clock: `silence_s` without one ends the program with everything it started, told by `timed_out`. A last line
    without its end, as a crash leaves it, is dropped. Raises as `run` does.
    """
    started = time.monotonic()
    import tempfile  # noqa: PLC0415 - only for a child that reports

    with tempfile.TemporaryDirectory(prefix="gpuenv-", ignore_cleanup_errors=True) as folder:
        channel = _Channel(os.path.join(folder, "reports"))  # noqa: PTH118 - `os` is what this module is for
        with (
            contextlib.closing(channel),
            _started([*argv, channel.name], env=env, cwd=cwd, stderr=subprocess.PIPE, pass_fds=channel.fds) as child,
        ):
            stdout, stderr, timed_out = _listen(child, channel, on_report, silence_s=silence_s)
    return _result(argv, child, started, stdout=stdout, stderr=stderr, timed_out=timed_out)


def _result(
    argv: Sequence[str],
    child: subprocess.Popen[str],
    started: float,
    *,
    stdout: str,
    stderr: str = "",
    timed_out: bool = False,
) -> ProcessResult:
    return ProcessResult(
        argv=tuple(argv),
        exit_code=_NOT_ENDED if child.returncode is None else child.returncode,
        stdout=stdout,
        stderr=stderr,
        seconds=time.monotonic() - started,
        timed_out=timed_out,
    )


def _listen(
    child: subprocess.Popen[str], channel: _Channel, on_report: Callable[[str], None], *, silence_s: float
) -> tuple[str, str, bool]:
    """Hand on the reports of a child until it ends: its outputs, and whether it had to be ended."""
    timed_out = False
    last_report = time.monotonic()
    while True:
        try:
            stdout, stderr = child.communicate(timeout=_POLL_S)
        except subprocess.TimeoutExpired:  # noqa: PERF203 - waiting is what this loop does
            if channel.hand_on(on_report):
                last_report = time.monotonic()
            elif time.monotonic() - last_report > silence_s and not timed_out:
                timed_out = True
                _end(child)
        else:
            channel.hand_on(on_report)
            return stdout or "", stderr or "", timed_out


class _Channel:
    """A file that a child appends lines to and this process reads behind it."""

    def __init__(self, path: str) -> None:
        self._writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._reader = os.open(path, os.O_RDONLY)
        self._rest = b""
        self.fds = (self._writer,) if os.name == "posix" else ()
        self.name = f"fd:{self._writer}" if os.name == "posix" else f"path:{path}"

    def close(self) -> None:
        """Close this process's ends."""
        os.close(self._reader)
        os.close(self._writer)

    def hand_on(self, on_report: Callable[[str], None]) -> bool:
        """Hand on the lines that came since; tell whether there were any."""
        new = b"".join(iter(lambda: os.read(self._reader, 65536), b""))
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            on_report(line.decode("utf-8", "replace"))
        return bool(lines)


def replace(argv: Sequence[str], *, env: Mapping[str, str]) -> int:
    """Hand the terminal to a program: its exit code is ours. On POSIX it takes the place of this process."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        if os.name == "posix":
            os.execvpe(argv[0], list(argv), dict(env))  # noqa: S606 - the user's own command
        # Windows looks for programs in the PATH of this process, not in the one handed on.
        import shutil  # noqa: PLC0415 - only on Windows

        program = shutil.which(argv[0], path=env.get("PATH")) or argv[0]
        return subprocess.call([program, *argv[1:]], env=dict(env))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise GpuenvError("program-not-found", program=argv[0]) from error
    except OSError as error:
        raise GpuenvError("program-not-startable", program=argv[0], detail=str(error)) from error


@contextlib.contextmanager
def _started(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None,
    stderr: int,
    stdout: int = subprocess.PIPE,
    pass_fds: tuple[int, ...] = (),
) -> Iterator[subprocess.Popen[str]]:
    """Start a program in a process group of its own, and leave none of it behind."""
    try:
        child = subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=pass_fds,
            start_new_session=os.name == "posix",
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        raise GpuenvError("program-not-found", program=argv[0]) from error
    except OSError as error:
        raise GpuenvError("program-not-startable", program=argv[0], detail=str(error)) from error
    try:
        yield child
    finally:
        if child.poll() is None:
            _end(child)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=_GRACE_S)
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()


def _last_words(child: subprocess.Popen[str]) -> tuple[str, str]:
    """Take what a killed program still said; one that hangs inside a driver call cannot even be killed."""
    try:
        return child.communicate(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        return "", ""


def _end(child: subprocess.Popen[str]) -> None:
    """Kill the program with everything that it started; ninja gives each compiler a group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    for process in Path("/proc").glob("[1-9]*"):  # what is left of its session; none on systems without /proc
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix" and os.getsid(int(process.name)) == child.pid:
                os.kill(int(process.name), signal.SIGKILL)
