"""Where gpuenv keeps its own records inside an environment.

<environment>/.gpuenv/
    lock                        held while gpuenv works on the environment
    constraints.txt             the pins that the last change left, for other installers
    verification.json           what `gpuenv verify` found; of another state it proves nothing
    logs/0001.log               the engines' own output
    changes/0001/
        journal.jsonl           what was begun and what was finished, written ahead
        snapshot/               the trees before the change, as hard links; or copies of what it touches, and then
        before.jsonl            every file before the change
        folders.json            every folder before the change
        strays/                 files that distributions had outside the trees
        lists/                  files of trees that are exchanged one by one
        set-aside/              damaged trees, while a roll-back runs
        outcome.jsonl           every file after the change
        constraints-before.txt  the pins before the change
        constraints.txt         the pins after the change
    discarded/                  what is being deleted
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.value import dataclass

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
    def listing(self) -> Path:
        """Every file before the change, where the snapshot is of copies."""
        return self.path / "before.jsonl"

    @property
    def folders(self) -> Path:
        """Every folder before the change with its mode, where the snapshot is of copies."""
        return self.path / "folders.json"

    @property
    def strays(self) -> Path:
        """Files that distributions had outside the trees before the change."""
        return self.path / "strays"

    @property
    def set_aside(self) -> Path:
        """Trees that a roll-back took out of the environment."""
        return self.path / "set-aside"

    @property
    def outcome(self) -> Path:
        """Every file after the change."""
        return self.path / "outcome.jsonl"

    @property
    def constraints_before(self) -> Path:
        """The pins before the change; missing where there were none."""
        return self.path / "constraints-before.txt"

    @property
    def constraints(self) -> Path:
        """The pins after the change; missing where there are none."""
        return self.path / "constraints.txt"


def state_of(root: Path) -> Path:
    """The folder of gpuenv's records in that environment."""
    return root / STATE_FOLDER


def constraints_of(root: Path) -> Path:
    """The file with the pins that the last change left: `gpuenv run` hands it to other installers."""
    return state_of(root) / "constraints.txt"


def forget_verification(root: Path) -> None:
    """Drop what was proven of a state that is about to be another one's."""
    (state_of(root) / "verification.json").unlink(missing_ok=True)


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
    _discard_path(root, folder.path)


def discard_snapshot(root: Path, folder: ChangeFolder) -> None:
    """Delete the state before a change: it cannot be undone any more."""
    if folder.snapshot.exists():
        _discard_path(root, folder.snapshot)


def _discard_path(root: Path, path: Path) -> None:
    target = state_of(root) / "discarded"
    target.mkdir(exist_ok=True)
    name = path.name
    while (target / name).exists():
        name += "-again"
    path.rename(target / name)
    sweep(root)


def sweep(root: Path) -> None:
    """Delete what earlier discards left behind. What cannot be deleted now is left for the next time."""
    import shutil  # noqa: PLC0415 - not where the state is only looked at

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
