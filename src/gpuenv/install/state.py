"""Where gpuenv keeps its own records inside an environment.

<environment>/.gpuenv/
    lock                        held while gpuenv works on the environment
    logs/0001.log               the engines' own output
    changes/0001/
        journal.jsonl           what was begun and what was finished, written ahead
        snapshot/               the trees before the change, as hard links
        set-aside/              damaged trees, while a roll-back runs
        outcome.jsonl           every file after the change
    discarded/                  what is being deleted
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

STATE_FOLDER: Final = ".gpuenv"
_LOGS_KEPT: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFolder:
    """The records of one change."""

    path: Path

    @property
    def journal(self) -> Path:
        """What was begun and finished."""
        return self.path / "journal.jsonl"

    @property
    def snapshot(self) -> Path:
        """The trees before the change."""
        return self.path / "snapshot"

    @property
    def set_aside(self) -> Path:
        """Trees that a roll-back took out of the environment."""
        return self.path / "set-aside"

    @property
    def outcome(self) -> Path:
        """Every file after the change."""
        return self.path / "outcome.jsonl"


def state_of(root: Path) -> Path:
    """The folder of gpuenv's records in that environment."""
    return root / STATE_FOLDER


def changes_of(root: Path) -> tuple[ChangeFolder, ...]:
    """The recorded changes, oldest first."""
    folder = state_of(root) / "changes"
    if not folder.is_dir():
        return ()
    return tuple(ChangeFolder(path=path) for path in sorted(folder.iterdir()) if path.name.isdigit())


def new_change(root: Path) -> ChangeFolder:
    """Make the folder of the next change."""
    changes = changes_of(root)
    number = int(changes[-1].path.name) + 1 if changes else 1
    path = state_of(root) / "changes" / f"{number:04}"
    path.mkdir(parents=True)
    return ChangeFolder(path=path)


def discard(root: Path, folder: ChangeFolder) -> None:
    """Take a change out of the records at once, by a rename, and then delete its files.

    What a crash leaves of it under `discarded/` is deleted by `sweep`.
    """
    target = state_of(root) / "discarded"
    target.mkdir(exist_ok=True)
    name = folder.path.name
    while (target / name).exists():
        name += "-again"
    folder.path.rename(target / name)
    sweep(root)


def sweep(root: Path) -> None:
    """Delete what earlier discards left behind. What cannot be deleted now is left for the next time."""
    shutil.rmtree(state_of(root) / "discarded", ignore_errors=True)


def new_log(state: Path) -> Path:
    """Name the next log file; the oldest beyond ten go."""
    folder = state / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    logs = sorted(path for path in folder.glob("*.log") if path.stem.isdigit())
    for old in logs[: max(0, len(logs) - _LOGS_KEPT + 1)]:
        old.unlink(missing_ok=True)
    number = int(logs[-1].stem) + 1 if logs else 1
    return folder / f"{number:04}.log"
