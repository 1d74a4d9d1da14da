"""Keeps what interpreters said of themselves, as long as nothing has changed that the answer depends on."""

from __future__ import annotations

import json
import os
from binascii import crc32
from typing import TYPE_CHECKING, Any, Final

from gpuenv.detect.environments.interpreter import QUESTION, TIMEOUT_S, parse_interpreter, read_interpreter
from gpuenv.project.cache_files import keep_file, kept_file
from gpuenv.project.folders import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gpuenv.detect.environments.interpreter import InterpreterFacts
    from gpuenv.models.surroundings import Surroundings

_VARIABLES: Final = ("LD_LIBRARY_PATH", "LD_PRELOAD", "__PYVENV_LAUNCHER__")
"""What changes an isolated interpreter from outside."""
_SETTLED_NS: Final = 2_000_000_000
"""What changed a moment ago may change again without a later time: file systems count in steps of up to 2 s (FAT)."""


def interpreter_facts(python: Path, surroundings: Surroundings, *, timeout_s: float = TIMEOUT_S) -> InterpreterFacts:
    """Tell what an interpreter is: as it was, where all that its answer rests on is as it was, else by asking it.

    The answer rests on the program, `pyvenv.cfg`, and the package folders with their `.pth` files. Errors as those of
    `ask_interpreter`; an interpreter that fails is asked each time.
    """
    place = cache_folder(surroundings) / "interpreters" / f"{crc32(os.fsencode(python)):08x}.json"
    asked = {
        "question": QUESTION,
        "python": str(python),
        "variables": {name: surroundings.environ.get(name) for name in _VARIABLES},
    }
    known = _known(place, asked)
    if known is not None:
        return parse_interpreter(python, known)
    answer = read_interpreter(python, surroundings.environ, timeout_s=timeout_s)
    facts = parse_interpreter(python, answer)
    before = surroundings.now.timestamp() * 1e9 - _SETTLED_NS
    rests_on = _states(_grounds(python, facts))
    if all(state is None or state[1] < before for state in rests_on.values()):
        keep_file(place, json.dumps({**asked, "rests_on": rests_on, "answer": answer}).encode())
    return facts


def _known(place: Path, asked: dict[str, Any]) -> str | None:
    """Read an answer that was kept and still holds."""
    content = kept_file(place)
    if content is None:
        return None
    try:
        kept = json.loads(content)
        rests_on, answer = kept["rests_on"], kept["answer"]
        is_same = all(kept[name] == told for name, told in asked.items()) and _states(rests_on) == rests_on
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return answer if is_same and isinstance(answer, str) else None


def _grounds(python: Path, facts: InterpreterFacts) -> Iterator[str]:
    """Name the files and folders that the answer rests on: present ones, and those that would count if they came."""
    yield str(python)
    yield from (str(folder / "pyvenv.cfg") for folder in (facts.prefix, python.parent))
    yield str(facts.stdlib)
    for folder in dict.fromkeys(map(str, (facts.purelib, facts.platlib, *facts.outer))):
        yield folder
        if os.path.isdir(folder):  # noqa: PTH112 - plain strings, as in all of this
            yield from (f"{folder}{os.sep}{name}" for name in sorted(os.listdir(folder)) if name.endswith(".pth"))  # noqa: PTH208


def _states(paths: Iterable[str]) -> dict[str, list[int] | None]:
    """Give inode, time of last change in ns and size of each, behind links; None for what is not there."""
    return {path: _state(path) for path in paths}


def _state(path: str) -> list[int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - as above
    except OSError:
        return None
    return [found.st_ino, found.st_mtime_ns, found.st_size]
