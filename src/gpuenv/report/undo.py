"""Shows what an undo did, or why it did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gpuenv.models.notice import Notice
from gpuenv.report.messages import phrase
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.execution import UndoRecord, VersionChange
    from gpuenv.report.result import Status
    from gpuenv.report.terminal import Terminal

_OUTCOMES: Final[dict[str, tuple[Status, int]]] = {
    "done": ("ok", 0),
    "recovered": ("ok", 0),
    "nothing-to-undo": ("failed", 1),
    "changed-since": ("drift", 1),
}

_FILES_SHOWN: Final = 10


def undo_result(record: UndoRecord, *, root: Path) -> CommandResult:
    """Make the result of `gpuenv undo`."""
    status, exit_code = _OUTCOMES[record.status]
    data = {
        "changed": record.status in {"done", "recovered"},
        "environment": str(root),
        "outcome": record.status,
        "changes": [_as_json(change) for change in record.changes],
        "since": [_as_json(change) for change in record.since],
        "files_since": list(record.files_since),
    }

    def write(terminal: Terminal) -> None:
        _write(terminal, record, root)

    return CommandResult(status=status, exit_code=exit_code, data=data, errors=_errors(record, root), write=write)


def _as_json(change: VersionChange) -> dict[str, Any]:
    return {"project": change.project, "before": change.before, "after": change.after}


def _errors(record: UndoRecord, root: Path) -> tuple[Notice, ...]:
    match record.status:
        case "nothing-to-undo":
            return (Notice.of("nothing-to-undo", environment=str(root)),)
        case "changed-since":
            what = (*(_as_text(change) for change in record.since), *record.files_since[:_FILES_SHOWN])
            return (Notice.of("changed-since", environment=str(root), changes=what),)
        case _:
            return ()


def _write(terminal: Terminal, record: UndoRecord, root: Path) -> None:
    match record.status:
        case "done":
            code = "undone" if record.changes else "undone-without-packages"
            terminal.print(phrase(code, {"environment": str(root)}, terminal.language).message, style="green")
            for change in record.changes:
                terminal.print(f"  {_as_text(change)}")
            terminal.print(phrase("undo-of-undo", {"environment": str(root)}, terminal.language).message)
        case "recovered":
            terminal.print(phrase("recovered", {"environment": str(root)}, terminal.language).message, style="green")
        case _:
            more = len(record.files_since) - _FILES_SHOWN
            if more > 0:
                terminal.say(phrase("more-files", {"count": more}, terminal.language).message)


def _as_text(change: VersionChange) -> str:
    """`dep 2.0 -> 1.0`, `+ dep 1.0`, `- dep 2.0`."""
    if change.before is None:
        return f"+ {change.project} {change.after}"
    if change.after is None:
        return f"- {change.project} {change.before}"
    return f"{change.project} {change.before} -> {change.after}"
