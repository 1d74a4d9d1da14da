"""Puts an environment back to the state before a change that was not committed."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import RollbackFailedError
from gpuenv.install.constraints import are_settled, exchange_constraints, settle_constraints
from gpuenv.install.journal import FINISHED, Journal, entry_of, read_journal
from gpuenv.install.occupancy import occupied
from gpuenv.install.records import owners_of
from gpuenv.install.snapshots.copies import put_copies_back, take_differing
from gpuenv.install.snapshots.exchange import exchange
from gpuenv.install.snapshots.manifest import read_manifest, write_manifest
from gpuenv.install.snapshots.strays import restore_strays, save_strays, saved_strays, stray_files
from gpuenv.install.state import ChangeFolder, changes_of, discard, forget_verification, state_of, sweep
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.install.journal import Entry

_MADE_WITH_A_VENV: Final = frozenset({".gitignore", "CACHEDIR.TAG", ".lock"})
"""What `uv venv` and uv's own locking write beside the trees."""

_IN_USE: Final = frozenset({errno.EBUSY, errno.ETXTBSY})
_IN_USE_ON_WINDOWS: Final = frozenset({5, 32, 33})
"""Access denied (a folder with an open file in it), sharing violation, lock violation."""


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
    if not unfinished(root) and are_settled(root) and not _superseded(root):
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
    settle_constraints(root)
    for folder in _superseded(root):
        discard(root, folder)
    return found


def _superseded(root: Path) -> tuple[ChangeFolder, ...]:
    """Committed changes before the last one: a kill right after a commit leaves them, with all that they hold."""
    committed = [
        folder for folder in changes_of(root) if entry_of(read_journal(folder.journal), "committed") is not None
    ]
    return tuple(committed[:-1])


def _is_finished(entries: tuple[Entry, ...]) -> bool:
    return any(entry.event in FINISHED for entry in entries)


def roll_back(root: Path, folder: ChangeFolder) -> Restored:
    """Restore the state before that change and forget the change.

    It may be interrupted at any point and called again. Raises `RollbackFailedError` where the file system refuses.
    """
    entries = read_journal(folder.journal)
    begin = entry_of(entries, "begin")
    complete = entry_of(entries, "snapshot-complete")
    lost: tuple[str, ...] = ()
    try:
        if begin is None or complete is None:
            discard(root, folder)  # nothing was changed before the snapshot was complete
            return Restored()
        if complete.facts.get("mode") == "copies":
            restore_strays(root, folder.strays, now=stray_files(root, root))
            lost = put_copies_back(root, folder)
        else:
            try:
                exchange(root, incoming=folder.snapshot, names=complete.facts["trees"], outgoing=folder.set_aside)
            finally:
                restore_strays(root, folder.strays, now=stray_files(folder.set_aside, root))
        shutil.rmtree(folder.set_aside, ignore_errors=True)  # on a full disk the rest needs what this frees
        discard(root, folder)
        if begin.facts.get("is_new"):
            return _remove_new(root, begin)
    except OSError as error:
        raise _refused(root, error) from error
    if lost:  # said once: all that can be put back is back, and no later run could do more
        packages = " ".join(owners_of(root, lost))
        raise RollbackFailedError("rollback-incomplete", environment=str(root), files=lost, packages=packages)
    return Restored()


def _refused(root: Path, error: OSError) -> RollbackFailedError:
    """Name the file that stands in the way, and the program that holds it."""
    if error.errno in _IN_USE or getattr(error, "winerror", None) in _IN_USE_ON_WINDOWS:
        from gpuenv.install.snapshots.holders import holders_of  # noqa: PLC0415 - it needs ctypes

        names = [str(name) for name in (error.filename, error.filename2) if name]
        holders = holders_of([Path(name) for name in names])
        if holders:
            return RollbackFailedError("rollback-blocked", environment=str(root), file=names[0], programs=holders)
    return RollbackFailedError("rollback-failed", environment=str(root), detail=str(error))


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
    journal = Journal(folder.journal)
    is_recorded = entry_of(read_journal(folder.journal), "snapshot-complete") is not None
    mode, trees = begin.facts.get("mode", "links"), begin.facts["trees"]
    try:
        if not is_recorded:
            save_strays(root, folder.strays)
        if mode == "copies":
            if not is_recorded:
                take_differing(root, folder, coming=undone)
                journal.write("snapshot-complete", trees=trees, mode=mode)
            put_copies_back(root, undone)
        else:
            exchange(root, incoming=undone.snapshot, names=trees, outgoing=folder.snapshot)
            if not is_recorded:
                kept = sorted(os.listdir(folder.snapshot))  # noqa: PTH208 - names
                journal.write("snapshot-complete", trees=kept, mode=mode)
        restore_strays(root, undone.strays, now=saved_strays(folder.strays, root))
        write_manifest(folder.outcome, read_manifest(root))
        exchange_constraints(undone, folder)
        forget_verification(root)
        journal.write("committed")
        if undone.path.exists():
            discard(root, undone)
        settle_constraints(root)
    except OSError as error:
        raise _refused(root, error) from error
