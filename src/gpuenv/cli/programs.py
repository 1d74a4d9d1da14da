"""Finds the program that was meant where the one that was typed does not exist."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def nearest_named(program: str, path: str) -> Iterator[None]:
    """Add to `program-not-found` of that program the nearest name among the folders of `path`."""
    try:
        yield
    except GpuenvError as error:
        if error.code != "program-not-found" or error.context.get("program") != program:
            raise
        raise GpuenvError(error.code, program=program, nearest=_nearest(program, path)) from error


def _nearest(program: str, path: str) -> str | None:
    from gpuenv.cli.complaints import near_names  # noqa: PLC0415 - only where a program was not found

    names = dict.fromkeys(name for folder in path.split(os.pathsep) if folder for name in _programs(Path(folder)))
    return next(iter(near_names(program, names)), None)


def _programs(folder: Path) -> Iterator[str]:
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return
    yield from (file.stem if file.suffix.lower() == ".exe" else file.name for file in found)
