"""Reads what pip prints: plain lines, and downloads with their bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.models.progress import Reporter

_BEGUN: Final = re.compile(r"\s*Downloading (?P<file>\S+\.(?:whl|tar\.gz|zip))(?:\.metadata)?\b.*")
_PROGRESS: Final = re.compile(r"Progress (?P<done>\d+) of (?P<total>\d+)")


class PipOutput:
    """The output of one command: lines go to `on_line`, downloads to the listener."""

    def __init__(self, listener: Reporter, on_line: Callable[[str], None]) -> None:
        """Listen to nothing yet."""
        self._listener = listener
        self._on_line = on_line
        self._label: str | None = None

    def line(self, line: str) -> None:
        """Take one line. Sample: tests/data/install/pip/downloading.txt, with `--progress-bar raw`."""
        progress = _PROGRESS.fullmatch(line.strip())
        if progress is None:
            begun = _BEGUN.fullmatch(line)
            self._label = _project(begun["file"]) if begun is not None and ".metadata" not in line else None
            self._on_line(line)
        elif self._label is not None:
            self._listener.download(self._label, int(progress["done"]), int(progress["total"]) or None)

    def drawing(self, text: str) -> None:
        """Take what would be drawn: pip is never run on a terminal."""
        for line in text.splitlines():
            self.line(line)


def _project(file: str) -> str:
    name = file.rpartition("/")[2]
    try:
        return str(parse_wheel_filename(name)[0])
    except InvalidWheelFilename:
        return name.partition("-")[0]
