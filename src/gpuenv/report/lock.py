"""Shows what was locked for one machine, as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gpuenv.models.resolution import Conflict
from gpuenv.models.typed_command import quoted
from gpuenv.models.value import dataclass
from gpuenv.report.lock_differences import differences_as_json, write_differences
from gpuenv.report.messages import phrase
from gpuenv.report.plan import plan_as_json, write_plan
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gpuenv.errors import ContextValue
    from gpuenv.lock.differences import Difference
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.notice import Notice
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.target import Target
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

_CODES: Final = {"requirements": "lock", "pylock": "pylock", "uv": "uv-project", "docker": "dockerfile"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLock:
    """One lock as it is shown."""

    target: Target | None
    matrix_version: str
    outcome: Resolution | Conflict
    notes: tuple[Notice, ...]
    text: str | None
    """None on conflict."""
    packages: Sequence[LockedPackage]
    path: Path | None
    """None where the text goes to standard output."""
    lock_file: Path | None
    """What `gpuenv install --locked` takes; None for a uv project, which uv installs."""
    is_changed: bool
    file_format: str = "requirements"
    extra: str | None = None
    differences: tuple[Difference, ...] | None = None
    """None where the files were not compared."""
    vendored: Mapping[str, ContextValue] | None = None


def lock_result(lock: ShownLock, *, language: Language) -> CommandResult:
    """Make the result: the data that `plan` and `lock` share, and the lock itself."""

    def write(terminal: Terminal) -> None:
        if lock.text is not None and lock.path is None:
            for note in (*lock.notes, *(() if isinstance(lock.outcome, Conflict) else lock.outcome.notes)):
                terminal.notice("warning", note)
            terminal.print(lock.text.rstrip("\n"))
            return
        write_plan(terminal, target=lock.target, outcome=lock.outcome, plan=None, notes=lock.notes)
        if lock.differences is not None:
            write_differences(terminal, lock.differences)
        elif lock.path is not None:
            terminal.print(ending(lock, terminal.language), style="green")
            write_vendored(terminal, lock.vendored, lock.lock_file)

    data = lock_as_json(lock, language)
    if lock.differences:
        return CommandResult(status="drift", exit_code=1, data=data, write=write)
    is_conflict = isinstance(lock.outcome, Conflict)
    return CommandResult(
        status="conflict" if is_conflict else "ok", exit_code=1 if is_conflict else 0, data=data, write=write
    )


def lock_as_json(lock: ShownLock, language: Language) -> dict[str, Any]:
    """Make the `data` of one lock."""
    data = plan_as_json(
        target=lock.target,
        matrix_version=lock.matrix_version,
        outcome=lock.outcome,
        plan=None,
        notes=lock.notes,
        is_changed=lock.is_changed,
        language=language,
    )
    del data["steps"], data["plan_is_complete"]
    data["lock"] = None if lock.text is None else _as_json(lock, lock.text)
    if lock.differences is not None:
        data["differences"] = differences_as_json(lock.differences)
    if lock.vendored is not None:
        data["vendored"] = dict(lock.vendored)
    return data


def ending(lock: ShownLock, language: Language) -> str:
    """Say what became of the file, and how it is installed."""
    code = f"{_CODES[lock.file_format]}-{'written' if lock.is_changed else 'up-to-date'}"
    facts: dict[str, ContextValue] = {"path": str(lock.path), "packages": len(lock.packages), "extra": lock.extra}
    if lock.file_format == "docker" and lock.path is not None:
        named = "." if lock.path.name == "Dockerfile" else f"-f {lock.path} {lock.path.parent}"
        facts["command"] = f"docker build -t app {named}"
    return phrase(code, facts, language).message


def write_vendored(terminal: Terminal, vendored: Mapping[str, ContextValue] | None, lock: Path | None) -> None:
    """Say what is in the folder of copies, and how it is used with the lock, or with the folder of locks."""
    if vendored is None:
        return
    if lock is None:
        terminal.print(phrase("lock-copied", vendored, terminal.language).message, style="green")
        return
    folder = quoted(str(vendored["folder"]))
    command = f"gpuenv install --locked {quoted(str(lock))} --indexes {folder} --offline"
    sentence = phrase("lock-vendored", {**vendored, "command": command}, terminal.language)
    terminal.print(sentence.message, style="green")
    for hint in sentence.hints:
        terminal.print(f"  {hint}")


def _as_json(lock: ShownLock, text: str) -> dict[str, object]:
    return {
        "format": lock.file_format,
        "extra": lock.extra,
        "path": str(lock.path) if lock.path is not None else None,
        "packages": [
            {"project": package.project, "version": str(package.version), "hashes": list(package.hashes)}
            for package in lock.packages
        ],
        "text": text,
    }
