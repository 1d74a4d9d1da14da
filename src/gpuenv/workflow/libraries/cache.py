"""Keeps between runs what was read from the libraries of an environment, by file size, modification time and inode."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from gpuenv import __version__
from gpuenv.models.notice import Notice
from gpuenv.project.cache_files import keep_file
from gpuenv.workflow.libraries.kept import library_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.models.loading import LibraryFacts

Stamp: TypeAlias = "tuple[int, int, int, int]"
"""Size in bytes, modification time in nanoseconds, inode, device."""

_FORMAT: Final = 2
_TOO_FRESH_S: Final = 2.0
"""A file that changed so shortly before may change again within the resolution of its time."""


class LibraryCache:
    """One file for one environment: read once, and replaced as a whole, so that runs beside each other do no harm.

    A file that cannot be read or written costs time, nothing else.
    """

    def __init__(self, folder: Path | None, *, environment: Path, now: float) -> None:
        """Take the folder, which need not exist (None keeps nothing), and the time in seconds since the epoch."""
        name = hashlib.sha256(os.fsencode(environment)).hexdigest()[:24]
        self._path = folder / f"{name}.json" if folder is not None else None
        self._now = now
        self._known: dict[str, Any] = {}
        self._next: dict[str, Any] = {}
        self.notes: tuple[Notice, ...] = ()

    def load(self) -> None:
        """Read what was kept; what gpuenv did not write is told in `notes` and not used."""
        if self._path is None:
            return
        try:
            kept = json.loads(self._path.read_bytes())
            if (kept["format"], kept["gpuenv"]) == (_FORMAT, __version__):
                self._known = dict(kept["files"])
        except OSError:
            return
        except (ValueError, KeyError, TypeError):
            self._tell_damage()

    def library(self, path: str, stamp: Stamp) -> LibraryFacts | None:
        """Give what was read from a library, if it is still the same file."""
        entry = self._entry(path, stamp, "library")
        if entry is None:
            return None
        try:
            facts = library_from(entry["library"])
        except (ValueError, KeyError, TypeError, AttributeError):
            self._tell_damage()
            return None
        self._next.setdefault(path, {"stamp": list(stamp)})["library"] = entry["library"]
        return facts

    def answer(self, path: str, stamp: Stamp) -> str | None:
        """Give what a code generator answered."""
        entry = self._entry(path, stamp, "answer")
        if entry is None or not isinstance(entry["answer"], str):
            return None
        self._next.setdefault(path, {"stamp": list(stamp)})["answer"] = entry["answer"]
        return str(entry["answer"])

    def keep_library(self, path: str, stamp: Stamp, library: Mapping[str, Any]) -> None:
        """Keep what was read from a library, as `library_as_json` makes it."""
        self._keep(path, stamp, "library", library)

    def keep_answer(self, path: str, stamp: Stamp, answer: str) -> None:
        """Keep what a code generator answered."""
        self._keep(path, stamp, "answer", answer)

    def save(self) -> None:
        """Write what was asked for and kept in this run, if that is not what is there."""
        if self._path is None or self._next == self._known:
            return
        text = json.dumps({"format": _FORMAT, "gpuenv": __version__, "files": self._next}, separators=(",", ":"))
        keep_file(self._path, text.encode())

    def _keep(self, path: str, stamp: Stamp, name: str, value: object) -> None:
        if self._now - stamp[1] / 1e9 > _TOO_FRESH_S:
            self._next.setdefault(path, {"stamp": list(stamp)})[name] = value

    def _entry(self, path: str, stamp: Stamp, name: str) -> Mapping[str, Any] | None:
        entry = self._known.get(path)
        is_it = isinstance(entry, dict) and entry.get("stamp") == list(stamp) and name in entry
        return entry if is_it else None

    def _tell_damage(self) -> None:
        self.notes = (Notice.of("inspection-cache-damaged", path=str(self._path)),)
        self._known = {}


def stamp_of(path: str) -> Stamp:
    """Tell by what a file is known again; `OSError` where it is gone."""
    found = os.stat(path)  # noqa: PTH116 - many
    return found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev
