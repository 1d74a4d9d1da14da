"""Puts an environment back to the state before a change that was not committed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import RollbackFailedError
from gpuenv.install.journal import FINISHED, Journal, entry_of, read_journal
from gpuenv.install.manifest import read_manifest, write_manifest
from gpuenv.install.occupancy import occupied
from gpuenv.install.snapshot import exchange
from gpuenv.install.state import ChangeFolder, changes_of, discard, state_of, sweep
from gpuenv.install.strays import remove_strays

if TYPE_CHECKING:
    from gpuenv.install.journal import Entry

_MADE_WITH_A_VENV: Final = frozenset({".gitignore", "CACHEDIR.TAG", ".lock"})
"""What `uv venv` and uv's own locking write beside the trees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a roll-back left."""

    is_removed: bool = False
    """Whether the environment was new and is gone."""
    log_folder: Path | None = None
    """Where the logs of a removed environment are now."""


def recover(root: Path) -> bool:
    """Finish or put back what a killed run left behind; tell whether there was anything.

    To be called before an environment is read. Raises `environment-busy` while another run is at work, and
    `RollbackFailedError`.
    """
    if not unfinished(root):
        return False
    with occupied(root):
        return recover_occupied(root)


def unfinished(root: Path) -> bool:
    """Whether a change of this environment was begun and neither committed nor put back."""
    return any(not _is_finished(read_journal(folder.journal)) for folder in changes_of(root))


def recover_occupied(root: Path) -> bool:
    """Do the work of `recover`, with the environment's lock held."""
    sweep(root)
    found = False
    for folder in reversed(changes_of(root)):
        entries = read_journal(folder.journal)
        if _is_finished(entries) or not folder.path.exists():  # finishing a later undo may have discarded it
            continue
        found = True
        begin = entry_of(entries, "begin")
        if begin is not None and begin.facts.get("kind") == "undo":
            finish_undo(root, folder, begin)
        else:
            roll_back(root, folder)
    return found


def _is_finished(entries: tuple[Entry, ...]) -> bool:
    return any(entry.event in FINISHED for entry in entries)


def roll_back(root: Path, folder: ChangeFolder) -> Restored:
    """Restore the state before that change and forget the change.

    It may be interrupted at any point and called again. Raises `RollbackFailedError` where the file system refuses.
    """
    entries = read_journal(folder.journal)
    begin = entry_of(entries, "begin")
    complete = entry_of(entries, "snapshot-complete")
    try:
        if begin is None or complete is None:
            discard(root, folder)  # nothing was changed before the snapshot was complete
            return Restored()
        exchange(root, incoming=folder.snapshot, names=complete.facts["trees"], outgoing=folder.set_aside)
        remove_strays(root, gone=folder.set_aside)
        discard(root, folder)
        if begin.facts.get("is_new"):
            return _remove_new(root, begin)
    except OSError as error:
        raise RollbackFailedError("rollback-failed", environment=str(root), detail=str(error)) from error
    return Restored()


def _remove_new(root: Path, begin: Entry) -> Restored:
    """Remove what is left of an environment that a change created: only what gpuenv and uv put there."""
    before = frozenset(begin.facts.get("present", ()))
    for name in _MADE_WITH_A_VENV - before:
        (root / name).unlink(missing_ok=True)
    if changes_of(root):
        return Restored(is_removed=True, log_folder=state_of(root) / "logs")
    logs = _save_logs(state_of(root) / "logs", root.name)
    shutil.rmtree(state_of(root))
    if not begin.facts.get("existed"):
        with contextlib.suppress(OSError):  # not empty: something of the user's is there by now
            root.rmdir()
    return Restored(is_removed=True, log_folder=logs)


def _save_logs(folder: Path, name: str) -> Path | None:
    if not folder.is_dir() or not os.listdir(folder):  # noqa: PTH208 - only whether there is one
        return None
    target = Path(tempfile.mkdtemp(prefix=f"gpuenv-{name.strip('.')}-"))
    for log in folder.iterdir():
        shutil.move(log, target / log.name)
    return target


def finish_undo(root: Path, folder: ChangeFolder, begin: Entry) -> None:
    """Bring an undo to its end, from wherever it was interrupted: what it undid is now the change that can be undone.

    Raises `RollbackFailedError` where the file system refuses.
    """
    undone = ChangeFolder(path=folder.path.parent / begin.facts["of"])
    try:
        exchange(root, incoming=undone.snapshot, names=begin.facts["trees"], outgoing=folder.snapshot)
        journal = Journal(folder.journal)
        if entry_of(read_journal(folder.journal), "snapshot-complete") is None:
            journal.write("snapshot-complete", trees=sorted(os.listdir(folder.snapshot)))  # noqa: PTH208 - names
        write_manifest(folder.outcome, read_manifest(root))
        journal.write("committed")
        if undone.path.exists():
            discard(root, undone)
    except OSError as error:
        raise RollbackFailedError("rollback-failed", environment=str(root), detail=str(error)) from error
