"""Imports a distribution with its native modules: a library that is missing or does not fit shows when it is loaded.

Run as `python import_extension.py NAME` by the environment's Python, not isolated, as the project itself imports it.
Needs Python 3.8 and the standard library; imports nothing of gpuenv. Prints what was imported; ends with the traceback
and 1 where something cannot be.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import sys
from pathlib import PurePosixPath


def modules_of(name: str) -> list[str]:
    """List the top-level packages of a distribution, then its native modules; its own name where it lists no files."""
    distribution = importlib.metadata.distribution(name)
    files = [PurePosixPath(str(file).replace("\\", "/")) for file in distribution.files or []]
    listed = (distribution.read_text("top_level.txt") or "").split()
    tops = listed or [file.parts[0] for file in files if len(file.parts) == 2 and file.name == "__init__.py"]  # noqa: PLR2004
    native = []
    for file in files:
        ending = next((end for end in importlib.machinery.EXTENSION_SUFFIXES if file.name.endswith(end)), None)
        if ending is not None and all(part.isidentifier() for part in file.parts[:-1]):
            native.append(".".join((*file.parts[:-1], file.name[: -len(ending)])))
    return list(dict.fromkeys([*tops, *native])) or [name.replace("-", "_")]


def main() -> int:
    """Import torch, whose libraries extensions expect to be loaded, then everything of the distribution."""
    sys.path[0] = ""  # the project's folder, not the one of this file
    if importlib.util.find_spec("torch") is not None:
        importlib.import_module("torch")
    for module in modules_of(sys.argv[1]):
        importlib.import_module(module)
        print(f"imported {module}")  # noqa: T201 - read by people
    return 0


if __name__ == "__main__":
    sys.exit(main())
