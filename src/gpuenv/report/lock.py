"""Shows what was locked, as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.resolution import Conflict
from gpuenv.report.messages import phrase
from gpuenv.report.plan import plan_as_json, write_plan
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpuenv.errors import ContextValue
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.notice import Notice
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.target import Target
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

_CODES: Final = {"requirements": "lock", "pylock": "pylock", "uv": "uv-project"}


def lock_result(
    *,
    target: Target | None,
    matrix_version: str,
    outcome: Resolution | Conflict,
    notes: tuple[Notice, ...],
    text: str | None,
    packages: Sequence[LockedPackage],
    path: Path | None,
    is_changed: bool,
    language: Language,
    file_format: str = "requirements",
    extra: str | None = None,
) -> CommandResult:
    """Make the result: the data that `plan` and `lock` share, and the lock itself."""
    is_conflict = isinstance(outcome, Conflict)
    data = plan_as_json(
        target=target,
        matrix_version=matrix_version,
        outcome=outcome,
        plan=None,
        notes=notes,
        is_changed=is_changed,
        language=language,
    )
    del data["steps"], data["plan_is_complete"]
    data["lock"] = None if text is None else _lock_as_json(text, packages, path, file_format, extra)

    def write(terminal: Terminal) -> None:
        if text is not None and path is None:
            for note in (*notes, *(() if isinstance(outcome, Conflict) else outcome.notes)):
                terminal.notice("warning", note)
            terminal.print(text.rstrip("\n"))
            return
        write_plan(terminal, target=target, outcome=outcome, plan=None, notes=notes)
        if path is not None:
            code = f"{_CODES[file_format]}-{'written' if is_changed else 'up-to-date'}"
            facts: dict[str, ContextValue] = {"path": str(path), "packages": len(packages), "extra": extra}
            terminal.print(phrase(code, facts, terminal.language).message, style="green")

    return CommandResult(
        status="conflict" if is_conflict else "ok", exit_code=1 if is_conflict else 0, data=data, write=write
    )


def _lock_as_json(
    text: str, packages: Sequence[LockedPackage], path: Path | None, file_format: str, extra: str | None
) -> dict[str, object]:
    return {
        "format": file_format,
        "extra": extra,
        "path": str(path) if path is not None else None,
        "packages": [
            {"project": package.project, "version": str(package.version), "hashes": list(package.hashes)}
            for package in packages
        ],
        "text": text,
    }
