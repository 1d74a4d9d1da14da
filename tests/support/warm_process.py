"""Runs `gpuenv` in processes that begin where its imports end: forked from one that has done them, and killed at will.

with WarmStart() as warm:
    started = warm.start(["install", "--json"], cwd=folder, environ={...}, seams=["kill-before:step:1"], output=folder)
    os.kill(started.pid, signal.SIGTERM)
    ended = started.wait()

`seams` say what happens inside: see `support.seams`. The forked process is the command line's own, from `main` to its
exit code. `python -m support.warm_process` is the process that forks; it has one thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from support.command import Ran
from support.seams import open_seams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

TESTS = Path(__file__).parent.parent
_PR_SET_CHILD_SUBREAPER = 36
_MODULES = (
    "gpuenv.cli.main",
    "gpuenv.cli.install",
    "gpuenv.cli.undo",
    "gpuenv.report.install",
    "gpuenv.report.undo",
    "gpuenv.workflow.install",
    "gpuenv.workflow.undo",
    "requests",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A process that runs `gpuenv`."""

    pid: int
    output: Path
    warm: WarmStart

    def wait(self, timeout_s: float = 60) -> Ran:
        """Wait for its end; negative exit codes are signals, as `subprocess` tells them."""
        code = self.warm.ask({"wait": self.pid, "timeout_s": timeout_s})["exit_code"]
        assert code is not None, f"no end within {timeout_s} s"
        stdout, stderr = (Path(f"{self.output}.{name}").read_text(encoding="utf-8") for name in ("out", "err"))
        return Ran(exit_code=code, stdout=stdout, stderr=stderr)

    def marks(self) -> list[tuple[float, str]]:
        """What it has passed so far, with the time on the monotonic clock: `journal:step`, `stage:verifying`."""
        path = Path(f"{self.output}.marks")
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        whole = (line.split() for line in lines if line.endswith("\n"))
        return [(float(seconds), mark) for seconds, mark in whole]

    def await_mark(self, mark: str, timeout_s: float = 30) -> None:
        """Wait until it has passed that point."""
        deadline = time.monotonic() + timeout_s
        while not any(passed == mark for _, passed in self.marks()):
            is_over = _has_ended(self.pid) or time.monotonic() > deadline
            assert not is_over, f"{mark} was never passed: {self.marks()} {self._said()}"
            time.sleep(0.002)

    def _said(self) -> str:
        return "".join(Path(f"{self.output}.{name}").read_text(encoding="utf-8") for name in ("out", "err"))

    def kill(self, *, with_engines: bool = False) -> None:
        """End it as `kill -9` does, or as a power cut, which also ends what it has started."""
        engines = _children_of(self.pid) if with_engines else []
        os.kill(self.pid, signal.SIGKILL)
        for engine in engines:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(engine, signal.SIGKILL)


def _has_ended(pid: int) -> bool:
    """Whether a process has ended and is not yet waited for."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def _children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


@final
class WarmStart:
    """The process that forks."""

    def __enter__(self) -> WarmStart:
        inherited = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
        self._environ = inherited
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.warm_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**inherited, "PYTHONPATH": str(TESTS)},
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def start(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        output: Path,
        seams: Sequence[str] = (),
    ) -> Started:
        """Begin a command; what it writes goes to `<output>.out`, `.err` and `.marks`."""
        Path(f"{output}.marks").unlink(missing_ok=True)  # of the run before: nobody may take its marks for this one's
        for name in ("out", "err"):
            Path(f"{output}.{name}").write_bytes(b"")  # there also where it is killed before it opens them
        request = {
            "argv": list(argv),
            "cwd": str(cwd),
            "environ": {**self._environ, "GPUENV_LANG": "en", **environ},
            "output": str(output),
            "seams": list(seams),
        }
        return Started(pid=self.ask(request)["pid"], output=output, warm=self)

    def await_quiet(self) -> None:
        """Wait until nothing that was started is at work any more."""
        self.ask({"quiet": True})

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Hand a request to the process that forks."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def serve() -> None:
    """Answer requests until the end of the input."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)  # what a killed run leaves behind becomes a child of this
    for name in _MODULES:
        import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            answer = _await_end(request)
        elif "quiet" in request:
            answer = _await_quiet()
        else:
            answer = {"pid": _fork(request)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _await_end(request: Mapping[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + request["timeout_s"]
    while time.monotonic() < deadline:
        pid, status = os.waitpid(request["wait"], os.WNOHANG)
        if pid:
            return {"exit_code": os.waitstatus_to_exitcode(status)}
        time.sleep(0.002)
    return {"exit_code": None}


def _await_quiet() -> dict[str, Any]:
    """Wait for all that killed runs have left behind."""
    count = 0
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return {"orphans": count}
        count += 1


def _fork(request: Mapping[str, Any]) -> int:
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    exit_code = 70
    try:
        exit_code = _run(request)
    except BaseException:  # noqa: BLE001 - as an interpreter ends: with a traceback, which no run may leave
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)


def _run(request: Mapping[str, Any]) -> int:
    """Become a process that was started with this request, and run the command."""
    for number, suffix in ((1, "out"), (2, "err")):
        descriptor = os.open(f"{request['output']}.{suffix}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, number)
        os.close(descriptor)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["cwd"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    open_seams(request["seams"], Path(f"{request['output']}.marks"))
    main = import_module("gpuenv.cli.main").main
    exit_code: int = main(request["argv"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what comes now comes too late for the command
    return exit_code


if __name__ == "__main__":
    serve()
