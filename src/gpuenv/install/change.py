"""Changes an environment so that it is the new one or exactly the old one.

    with change(root) as ongoing:
        record = execute(plan, ongoing=ongoing, ...)
        ...
        ongoing.commit()

Whatever ends the block before `commit` (a return, an exception, Ctrl-C, SIGTERM) puts the state before back; what
`kill -9` or a power cut leaves is put back by `recover` at the start of the next run.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from gpuenv.errors import EXIT_INTERRUPTED, ChangeInterruptedError, GpuenvError, SettledChange
from gpuenv.install.constraints import record_constraints, settle_constraints
from gpuenv.install.interruption import termination_raises, undisturbed
from gpuenv.install.journal import Journal
from gpuenv.install.occupancy import occupied
from gpuenv.install.recovery import recover_occupied, roll_back
from gpuenv.install.snapshots.copies import take_copies
from gpuenv.install.snapshots.linking import can_link
from gpuenv.install.snapshots.manifest import read_manifest, write_manifest
from gpuenv.install.snapshots.snapshot import held_bytes, take_snapshot, trees_of
from gpuenv.install.snapshots.strays import save_strays
from gpuenv.install.state import changes_of, discard, discard_snapshot, forget_verification, new_change, state_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from gpuenv.errors import Fate
    from gpuenv.install.snapshots.manifest import Manifest
    from gpuenv.install.snapshots.snapshot import SnapshotSize
    from gpuenv.install.state import ChangeFolder


class Ongoing:
    """A change that was begun: the snapshot is complete, the engines may start."""

    def __init__(self, root: Path, folder: ChangeFolder, *, lock: int) -> None:
        """Made by `change`."""
        self.root = root
        self.state = state_of(root)
        self.pass_fds = (lock,) if os.name == "posix" else ()
        """The lock's descriptor, for engines to inherit: see `occupied`."""
        self.fate: Fate = "open"
        self.snapshot_size: SnapshotSize | None = None
        """None for a new environment."""
        self.log_folder: Path | None = self.state / "logs"
        """Where the engines' logs are: elsewhere after a new environment was removed; None without logs."""
        self._folder = folder
        self._journal = Journal(folder.journal)

    def step(self, command: Sequence[str]) -> None:
        """Journal that this command is about to run; its credentials must have been removed."""
        self._journal.write("step", command=list(command))

    def step_done(self, exit_code: int) -> None:
        """Journal that the last command ended."""
        self._journal.write("step-done", exit_code=exit_code)

    def commit(
        self,
        *,
        pins: Sequence[str] | None = None,
        keeps_snapshot: bool = True,
        manifest: Manifest | None = None,
    ) -> None:
        """Make the present state the one to stay; the snapshot remains for `undo`, older ones go.

        `pins` are the constraints that other installers get from now on; None leaves those that there are.
        `manifest` is the present state, where it was read already.
        """
        with undisturbed():
            write_manifest(self._folder.outcome, read_manifest(self.root) if manifest is None else manifest)
            record_constraints(self.root, self._folder, pins)
            forget_verification(self.root)
            self._journal.write("committed")
            self.fate = "committed"
            settle_constraints(self.root)
            for older in changes_of(self.root):
                if older != self._folder:
                    discard(self.root, older)
            if not keeps_snapshot:
                discard_snapshot(self.root, self._folder)

    def held_bytes(self) -> int:
        """Disk space that the snapshot alone holds by now, in bytes: what else has a file is not counted."""
        return held_bytes(self._folder.snapshot) if self._folder.snapshot.is_dir() else 0

    def keep(self) -> None:
        """Leave a failed new environment in place for study."""
        self._journal.write("kept")
        self.fate = "kept"

    def begin(self, *, is_new: bool, existed: bool, present: Sequence[str], projects: Collection[str] | None) -> None:
        """Take the snapshot. Made by `change`."""
        self._journal.write("begin", kind="change", is_new=is_new, existed=existed, present=list(present))
        self._folder.set_aside.mkdir()  # the way back may begin on a disk where no folder can be made any more
        if is_new:
            self._folder.snapshot.mkdir()
            self._journal.write("snapshot-complete", trees=[])
            return
        trees = trees_of(self.root)
        save_strays(self.root, self._folder.strays)
        if projects is None or can_link(self.root, trees, self._folder.path):
            self.snapshot_size = take_snapshot(self.root, self._folder.snapshot)
            self._journal.write("snapshot-complete", trees=list(trees), mode="links")
        else:
            self.snapshot_size = take_copies(self.root, self._folder, projects=projects)
            self._journal.write("snapshot-complete", trees=list(trees), mode="copies")

    def give_back(self) -> None:
        """Restore the state before. Called by `change`."""
        restored = roll_back(self.root, self._folder)
        self.fate = "removed" if restored.is_removed else "rolled-back"
        self.log_folder = restored.log_folder if restored.is_removed else self.log_folder


@contextlib.contextmanager
def change(
    root: Path, *, is_new: bool = False, keep_failed: bool = False, projects: Collection[str] | None = None
) -> Iterator[Ongoing]:
    """Begin a change of the environment at `root`, which `is_new` says is still to be created there.

    After the block, `ongoing.fate` tells what became of it. `keep_failed` leaves a new environment that failed.
    `projects` are the canonical names of all that will be removed or installed: where the file system has no links,
    only what these can touch is copied; None copies everything there. Ctrl-C and SIGTERM come out as
    `ChangeInterruptedError`, and errors with their `change` set, once the state before is back.
    Raises `environment-busy`, `environment-not-writable`, `folder-not-empty`, `snapshot-failed`, and
    `RollbackFailedError` where the state before cannot be restored.
    """
    existed = root.exists()
    present = sorted(os.listdir(root)) if existed else []  # noqa: PTH208 - names
    with termination_raises(), occupied(root) as lock:
        recover_occupied(root)
        if is_new and trees_of(root):
            raise GpuenvError("folder-not-empty", folder=str(root))
        ongoing = _new_ongoing(root, lock)
        try:
            _begin(ongoing, is_new=is_new, existed=existed, present=present, projects=projects)
            yield ongoing
        except KeyboardInterrupt as interruption:
            exit_code = getattr(interruption, "exit_code", EXIT_INTERRUPTED)
            raise ChangeInterruptedError(exit_code, _settle(ongoing, is_kept=is_new and keep_failed)) from interruption
        except GpuenvError as error:
            error.change = _settle(ongoing, is_kept=is_new and keep_failed)
            raise
        except OSError as error:  # the system refused what no station expected it to refuse
            refused = GpuenvError("system-refused", detail=error.strerror or str(error), file=str(error.filename or ""))
            refused.change = _settle(ongoing, is_kept=is_new and keep_failed)
            raise refused from error
        finally:
            _settle(ongoing, is_kept=is_new and keep_failed)


def _settle(ongoing: Ongoing, *, is_kept: bool) -> SettledChange:
    """Give an end to a change that was not committed."""
    if ongoing.fate == "open":
        with undisturbed():
            if is_kept:
                ongoing.keep()
            else:
                ongoing.give_back()
    log = str(ongoing.log_folder) if ongoing.log_folder is not None else None
    return SettledChange(fate=ongoing.fate, environment=str(ongoing.root), log=log)


def _new_ongoing(root: Path, lock: int) -> Ongoing:
    try:
        return Ongoing(root, new_change(root), lock=lock)
    except OSError as error:
        raise GpuenvError("environment-not-writable", environment=str(root), detail=str(error)) from error


def _begin(
    ongoing: Ongoing, *, is_new: bool, existed: bool, present: Sequence[str], projects: Collection[str] | None
) -> None:
    try:
        ongoing.begin(is_new=is_new, existed=existed, present=present, projects=projects)
    except OSError as error:
        raise GpuenvError("snapshot-failed", environment=str(ongoing.root), detail=str(error)) from error
