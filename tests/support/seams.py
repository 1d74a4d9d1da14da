"""Where a fault can be put into a running `gpuenv`: each seam is a word with its arguments, joined by colons.

kill-before:EVENT:N, kill-after:EVENT:N   end at the Nth journal entry of that event, before or after it is on the disk
signal:STAGE:NUMBER                       send this process a signal as it announces a stage
run:STAGE:JSON                            run a command (a JSON list) as it announces a stage
fill:STAGE:FOLDER                         fill the file system of a folder as it announces a stage
no-links                                  the file system refuses hard links
held-folders                              the system refuses to rename folders of the environment
no-way-back                               the system refuses to rename anything of the environment's libraries
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gpuenv.install.journal import Journal
from gpuenv.models.progress import Reporter
from support.meddling import refuse_link, refusing_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PIECE = 16 * 1024


def open_seams(seams: Sequence[str], marks: Path) -> None:
    """Put all of these into this process, and let it tell in `marks` what it passes."""
    at_event: dict[str, list[tuple[str, int]]] = {}
    at_stage: dict[str, list[Callable[[], object]]] = {}
    for seam in seams:
        match seam.split(":", 2):
            case [("kill-before" | "kill-after") as word, event, number]:
                at_event.setdefault(event, []).append((word, int(number)))
            case ["signal", stage, number]:
                at_stage.setdefault(stage, []).append(partial(os.kill, os.getpid(), int(number)))
            case ["run", stage, command]:
                at_stage.setdefault(stage, []).append(partial(_run, json.loads(command)))
            case ["fill", stage, folder]:
                at_stage.setdefault(stage, []).append(partial(_fill, Path(folder)))
            case ["no-links"]:
                os.link = refuse_link
            case ["no-way-back"]:
                os.rename = _refusing_libraries(os.rename)
            case ["held-folders"]:
                os.rename = refusing_folders(os.rename)
            case _:
                raise ValueError(seam)
    _watch_journal(at_event, marks)
    _watch_stages(at_stage, marks)


def _end() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("this process is dead")


def _mark(marks: Path, text: str) -> None:
    with marks.open("a", encoding="utf-8") as stream:
        stream.write(f"{time.monotonic()} {text}\n")


def _watch_journal(at_event: dict[str, list[tuple[str, int]]], marks: Path) -> None:
    write = Journal.write
    passed: Counter[str] = Counter()

    def watched(self: Journal, event: str, /, **facts: object) -> None:
        passed[event] += 1
        if ("kill-before", passed[event]) in at_event.get(event, ()):
            _end()
        write(self, event, **facts)  # type: ignore[arg-type]
        _mark(marks, f"journal:{event}")
        if ("kill-after", passed[event]) in at_event.get(event, ()):
            _end()

    Journal.write = watched  # type: ignore[method-assign]


def _watch_stages(at_stage: dict[str, list[Callable[[], object]]], marks: Path) -> None:
    def stage(_self: Reporter, code: str, **_facts: str) -> None:
        _mark(marks, f"stage:{code}")
        for work in at_stage.pop(code, ()):
            work()

    Reporter.stage = stage  # type: ignore[method-assign,assignment]


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _fill(folder: Path) -> None:
    """Write until the disk is full."""
    with (folder / "filler").open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(b"\0" * _PIECE)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def _refusing_libraries(rename: Callable[..., None]) -> Callable[..., None]:
    def refuse(source: str | Path, target: str | Path) -> None:
        if {"lib", "site-packages"} & set(Path(source).parts[-3:]):
            raise PermissionError(errno.EACCES, "Permission denied", str(source))
        rename(source, target)

    return refuse
