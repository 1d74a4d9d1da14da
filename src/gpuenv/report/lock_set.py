"""Shows the locks of several machines, as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.report.labels import write_labelled
from gpuenv.report.lock import ending, lock_as_json, write_vendored
from gpuenv.report.lock_differences import differences_as_json, write_differences
from gpuenv.report.messages import phrase
from gpuenv.report.resolution import warnings_as_json, write_conflict, write_target
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gpuenv.errors import ContextValue
    from gpuenv.lock.differences import Difference
    from gpuenv.models.notice import Notice
    from gpuenv.report.lock import ShownLock
    from gpuenv.report.messages import Language
    from gpuenv.report.result import Status
    from gpuenv.report.terminal import Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSet:
    """The locks of several machines as they are shown."""

    locks: Sequence[tuple[str, ShownLock]]
    """With the target as it was written."""
    folder: Path
    guide: str | None
    """None on a conflict: nothing was written then."""
    matrix_version: str
    is_changed: bool
    differences: tuple[Difference, ...] | None
    """None where the files were not compared."""
    notes: tuple[Notice, ...]

    @property
    def status(self) -> Status:
        """How the command ended."""
        if any(lock.text is None for _, lock in self.locks):
            return "conflict"
        return "drift" if self.differences else "ok"


def lock_set_result(shown: ShownSet, *, language: Language) -> CommandResult:
    """Make the result: what `lock` tells of one machine, for each of them."""
    return CommandResult(
        status=shown.status,
        exit_code=0 if shown.status == "ok" else 1,
        data={
            "changed": shown.is_changed,
            "target": None,
            "matrix": shown.matrix_version,
            "resolution": None,
            "folder": str(shown.folder),
            "locks": [{"name": name, **lock_as_json(lock, language)} for name, lock in shown.locks],
            "guide": shown.guide,
            "differences": None if shown.differences is None else differences_as_json(shown.differences),
            "warnings": warnings_as_json(shown.notes, language),
        },
        write=lambda terminal: _write(terminal, shown),
    )


def _write(terminal: Terminal, shown: ShownSet) -> None:
    for note in _all_notes(shown.locks, shown.notes):
        terminal.notice("warning", note)
    for name, lock in shown.locks:
        _write_lock(terminal, name, lock, is_written=shown.status == "ok" and shown.differences is None)
    if shown.status == "conflict":
        terminal.print(phrase("lock-set-not-written", {}, terminal.language).message, style="red")
    elif shown.differences is not None:
        write_differences(terminal, shown.differences)
    else:
        code = "lock-set-written" if shown.is_changed else "lock-set-up-to-date"
        facts: dict[str, ContextValue] = {"folder": str(shown.folder), "locks": len(shown.locks)}
        terminal.print(phrase(code, facts, terminal.language).message, style="green")
        vendored = next((lock.vendored for _, lock in shown.locks if lock.vendored is not None), None)
        write_vendored(terminal, vendored, shown.folder)


def _all_notes(locks: Iterable[tuple[str, ShownLock]], notes: tuple[Notice, ...]) -> Iterable[Notice]:
    """Give the remarks on all locks, each once."""
    found = dict.fromkeys(notes)
    for _, lock in locks:
        if not isinstance(lock.outcome, Conflict):
            found |= dict.fromkeys((*lock.notes, *lock.outcome.notes))
    return found


def _write_lock(terminal: Terminal, name: str, lock: ShownLock, *, is_written: bool) -> None:
    if isinstance(lock.outcome, Conflict):
        if lock.target is not None:
            write_target(terminal, lock.target)
        else:
            write_labelled(terminal, "target", name)
        write_conflict(terminal, lock.outcome)
        return
    pin = lock.outcome.pins[0] if lock.outcome.pins else None
    chosen = f"{pin.project} {pin.version}{f' ({pin.tag})' if pin.tag and not pin.version.local else ''}" if pin else ""
    cards = ", ".join(gpu.name for gpu in lock.target.gpus) if lock.target is not None else ""
    terminal.print(f"{name}: {chosen}  {cards or 'CPU'}")
    if is_written:
        terminal.print(f"  {ending(lock, terminal.language)}", style="green")
