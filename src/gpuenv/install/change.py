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
from typing import TYPE_CHECKING, Literal

from gpuenv.errors import GpuenvError
from gpuenv.install.interruption import termination_raises, undisturbed
from gpuenv.install.journal import Journal
from gpuenv.install.manifest import read_manifest, write_manifest
from gpuenv.install.occupancy import occupied
from gpuenv.install.recovery import recover_occupied, roll_back
from gpuenv.install.snapshot import take_snapshot, trees_of
from gpuenv.install.state import changes_of, discard, new_change, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gpuenv.install.snapshot import SnapshotSize
    from gpuenv.install.state import ChangeFolder

Fate = Literal["open", "committed", "rolled-back", "removed", "kept"]


class Ongoing:
    """A change that was begun: the snapshot is complete, the engines may start."""

    def __init__(self, root: Path, folder: ChangeFolder, *, lock: int) -> None:
        """Made by `change`."""
        self.root = root
        self.state = state_of(root)
        self.pass_fds = (lock,) if os.name == "posix" else ()
        """The lock's descriptor, for engines to inherit: see `occupied`."""
        self.fate: Fate = "open"
        """`removed`: the environment was new, failed, and is gone."""
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

    def commit(self) -> None:
        """Make the present state the one to stay; the snapshot remains for `undo`, older ones go."""
        write_manifest(self._folder.outcome, read_manifest(self.root))
        self._journal.write("committed")
        self.fate = "committed"
        for older in changes_of(self.root):
            if older != self._folder:
                discard(self.root, older)

    def keep(self) -> None:
        """Leave a failed new environment in place for study."""
        self._journal.write("kept")
        self.fate = "kept"

    def begin(self, *, is_new: bool, existed: bool, present: Sequence[str]) -> None:
        """Take the snapshot. Made by `change`."""
        self._journal.write("begin", kind="change", is_new=is_new, existed=existed, present=list(present))
        if is_new:
            self._folder.snapshot.mkdir()
            self._journal.write("snapshot-complete", trees=[])
            return
        trees = trees_of(self.root)
        self.snapshot_size = take_snapshot(self.root, self._folder.snapshot)
        self._journal.write("snapshot-complete", trees=list(trees))

    def give_back(self) -> None:
        """Restore the state before. Called by `change`."""
        restored = roll_back(self.root, self._folder)
        self.fate = "removed" if restored.is_removed else "rolled-back"
        self.log_folder = restored.log_folder if restored.is_removed else self.log_folder


@contextlib.contextmanager
def change(root: Path, *, is_new: bool = False, keep_failed: bool = False) -> Iterator[Ongoing]:
    """Begin a change of the environment at `root`, which `is_new` says is still to be created there.

    After the block, `ongoing.fate` tells what became of it. `keep_failed` leaves a new environment that failed.
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
            _begin(ongoing, is_new=is_new, existed=existed, present=present)
            yield ongoing
        finally:
            if ongoing.fate == "open":
                with undisturbed():
                    if is_new and keep_failed:
                        ongoing.keep()
                    else:
                        ongoing.give_back()


def _new_ongoing(root: Path, lock: int) -> Ongoing:
    try:
        return Ongoing(root, new_change(root), lock=lock)
    except OSError as error:
        raise GpuenvError("environment-not-writable", environment=str(root), detail=str(error)) from error


def _begin(ongoing: Ongoing, *, is_new: bool, existed: bool, present: Sequence[str]) -> None:
    try:
        ongoing.begin(is_new=is_new, existed=existed, present=present)
    except OSError as error:
        raise GpuenvError("snapshot-failed", environment=str(ongoing.root), detail=str(error)) from error
