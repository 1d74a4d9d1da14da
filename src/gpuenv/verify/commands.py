"""Runs a project's own commands as checks: judged by their exit code and by what they print."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Final

from gpuenv import process
from gpuenv.errors import GpuenvError
from gpuenv.models.verification import Check
from gpuenv.verify.classify import classify
from gpuenv.verify.endings import how_it_ended

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Judge = Callable[[str], str | None]
    """Finds the code of the cause that a text shows; None where it shows none that counts."""

COMMAND_PREFIX: Final = "command: "
"""How the names of these checks begin; the command as written follows."""

IMPORT_PREFIX: Final = "import: "
"""How the names of the checks of extensions begin; the distribution follows."""

_FELL_BACK: Final = re.compile(r"Failed to create CUDAExecutionProvider|defaulting to CPU", re.IGNORECASE)
_TELLING: Final = frozenset({"kernel-built-for-other-gpu", "no-kernel-image", "nvrtc-failed"})
"""Codes of errors that count although the program ended with 0: it caught them, or they are no exceptions."""

_LINES_KEPT: Final = 20


def command_environment(env: Mapping[str, str], python: Path) -> dict[str, str]:
    """Let the environment's own programs come first."""
    folders = [str(python.parent), *([env["PATH"]] if env.get("PATH") else [])]
    return {**env, "PATH": os.pathsep.join(folders)}


def run_command(
    text: str,
    *,
    env: Mapping[str, str],
    cwd: Path | None,
    place: str | None,
    timeout_s: float,
    judge: Judge | None = None,
) -> Check:
    """Run one command to its end or to the time-out; without a shell, so that it means the same everywhere."""
    argv = shlex.split(text, posix=os.name == "posix")
    return run_program(COMMAND_PREFIX + text, argv, env=env, cwd=cwd, place=place, timeout_s=timeout_s, judge=judge)


def run_program(
    name: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None,
    place: str | None,
    timeout_s: float,
    judge: Judge | None = None,
) -> Check:
    """Run one program as the check `name`; `judge` finds the cause in what it printed though it ended well."""
    try:
        result = process.run(argv, env=env, cwd=cwd, timeout_s=timeout_s)
    except GpuenvError as error:
        return Check(name=name, status="failed", gpu=place, code=error.code, detail=_reason(error))
    printed = f"{result.stdout}\n{result.stderr}"
    code = _code_of(result, printed)
    cause = judge(printed) if code is None and judge is not None else None
    code = "command-printed-error" if cause is not None else code
    ending = _ending(result) if cause is None else f"{_ending(result)}, printed what {cause} prints"
    return Check(
        name=name,
        status="passed" if code is None else "failed",
        gpu=place,
        code=code,
        detail="" if code is None else "\n".join([ending, *printed.strip().splitlines()[-_LINES_KEPT:]]),
        seconds=round(result.seconds, 3),
    )


def _code_of(result: process.ProcessResult, printed: str) -> str | None:
    if result.timed_out:
        return "check-timed-out"
    if not result.succeeded:
        return classify(printed, otherwise="check-crashed" if result.exit_code < 0 else "command-failed")
    if _FELL_BACK.search(printed):
        return "command-fell-back-to-cpu"
    found = classify(printed, otherwise="")
    return found if found in _TELLING else None


def _ending(result: process.ProcessResult) -> str:
    return f"no end in {result.seconds:.0f} s" if result.timed_out else how_it_ended(result.exit_code)


def _reason(error: GpuenvError) -> str:
    """Say what could not be started, and why where the system told."""
    return ": ".join(str(error.context[name]) for name in ("program", "detail") if error.context.get(name))
