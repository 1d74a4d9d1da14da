"""The write-ahead journal of one change: JSON lines, each on the disk before what it announces begins."""

from __future__ import annotations

import json
import os
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, Literal

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Event = Literal["begin", "snapshot-complete", "step", "step-done", "committed", "kept"]
FINISHED: Final = frozenset({"committed", "kept"})
"""Events after which a change is over. A change that was rolled back has no journal any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a journal."""

    event: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """Appends to the journal of a change."""

    def __init__(self, path: Path) -> None:
        """Write to that file, which is made by the first entry."""
        self._path = path

    def write(self, event: Event, /, **facts: object) -> None:
        """Append one entry and wait until the disk has it.

        On file systems with an ordered log (ext4, xfs, NTFS) this also brings the links and renames that were made
        before it to the disk.
        """
        is_new = not self._path.exists()
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"event": event, **facts}, ensure_ascii=False, separators=(",", ":")) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        if is_new and os.name == "posix":
            _sync_folder(self._path.parent)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_journal(path: Path) -> tuple[Entry, ...]:
    """Read a journal; a missing one is empty."""
    return parse_journal(path.read_text(encoding="utf-8", errors="replace")) if path.exists() else ()


def parse_journal(text: str) -> tuple[Entry, ...]:
    r"""Read the lines; a last line that a crash cut short never happened.

    >>> [entry.event for entry in parse_journal('{"event":"begin"}\n{"event":"snap')]
    ['begin']
    """
    entries = []
    for line in text.splitlines():
        try:
            facts = json.loads(line)
        except ValueError:
            break
        if not isinstance(facts, dict) or "event" not in facts:
            break
        entries.append(Entry(event=str(facts.pop("event")), facts=facts))
    return tuple(entries)


def entry_of(entries: tuple[Entry, ...], event: Event) -> Entry | None:
    """The first entry of that event, or None."""
    return next((entry for entry in entries if entry.event == event), None)
