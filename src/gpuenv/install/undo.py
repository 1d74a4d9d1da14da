"""Goes back to the state before the last change; an undo can itself be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.install.interruption import termination_raises, undisturbed
from gpuenv.install.journal import Journal, entry_of, read_journal
from gpuenv.install.occupancy import occupied
from gpuenv.install.records import owned_paths, owners_of, records_of, versions_in
from gpuenv.install.recovery import finish_undo, recover_occupied
from gpuenv.install.snapshots.copies import not_restorable
from gpuenv.install.snapshots.manifest import differences, parse_manifest, read_manifest
from gpuenv.install.state import changes_of, new_change
from gpuenv.models.execution import UndoRecord, VersionChange

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.install.snapshots.manifest import Manifest
    from gpuenv.install.state import ChangeFolder


def undo(root: Path, *, discard_changes: bool = False) -> UndoRecord:
    """Put the state before the last committed change back.

    What others changed since is compared first: with anything there the answer is `changed-since`, unless
    `discard_changes`. A change that was interrupted is put back, and that is all. Raises `environment-busy`,
    `environment-not-writable` and `RollbackFailedError`.
    """
    if not changes_of(root):
        return UndoRecord(status="nothing-to-undo")
    with termination_raises(), occupied(root):
        if recover_occupied(root):
            return UndoRecord(status="recovered")
        last = _last_committed(root)
        if last is None:
            return UndoRecord(status="nothing-to-undo")
        now = read_manifest(root)
        since = _changed_since(root, last, now)
        if since is not None and not discard_changes:
            return since
        _require_restorable(root, last)
        with undisturbed():
            _exchange_with(root, last)
        return UndoRecord(status="done", changes=_compare(versions_in(now), versions_in(read_manifest(root))))


def _last_committed(root: Path) -> ChangeFolder | None:
    return next(
        (
            folder
            for folder in reversed(changes_of(root))
            if entry_of(read_journal(folder.journal), "committed") is not None and folder.snapshot.is_dir()
        ),
        None,
    )


def _changed_since(root: Path, last: ChangeFolder, now: Manifest) -> UndoRecord | None:
    try:
        recorded = parse_manifest(last.outcome.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # somebody meddled with the records: what else changed cannot be told
        return UndoRecord(status="changed-since", files_since=(last.outcome.relative_to(root).as_posix(),))
    found = differences(recorded, now)
    if not found.paths:
        return None
    projects = _compare(versions_in(recorded), versions_in(now))
    touched = {change.project for change in projects}
    owned = {path for record in records_of(touched, now) for path in owned_paths(root, record)}
    # What went when a distribution was removed or replaced is told by its project: its RECORD is gone too.
    unexplained = found.paths if not projects else (*found.added, *found.changed)
    return UndoRecord(
        status="changed-since",
        since=projects,
        files_since=tuple(sorted(path for path in unexplained if path not in owned)),
    )


def _require_restorable(root: Path, last: ChangeFolder) -> None:
    """Refuse to begin what could not be ended: of a snapshot of copies only what the change touched can come back."""
    if _mode_of(last) != "copies":
        return
    lost = not_restorable(root, last)
    if lost:
        packages = " ".join(owners_of(root, lost))
        raise GpuenvError("undo-incomplete", environment=str(root), files=lost, packages=packages)


def _mode_of(folder: ChangeFolder) -> str:
    complete = entry_of(read_journal(folder.journal), "snapshot-complete")
    return str(complete.facts.get("mode", "links")) if complete is not None else "links"


def _exchange_with(root: Path, last: ChangeFolder) -> None:
    complete = entry_of(read_journal(last.journal), "snapshot-complete")
    trees = list(complete.facts["trees"]) if complete is not None else []
    folder = new_change(root)
    journal = Journal(folder.journal)
    journal.write("begin", kind="undo", of=last.path.name, trees=trees, mode=_mode_of(last))
    begin = entry_of(read_journal(folder.journal), "begin")
    if begin is not None:
        finish_undo(root, folder, begin)


def _compare(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[VersionChange, ...]:
    return tuple(
        VersionChange(project=project, before=before.get(project), after=after.get(project))
        for project in sorted(before.keys() | after.keys())
        if before.get(project) != after.get(project)
    )
