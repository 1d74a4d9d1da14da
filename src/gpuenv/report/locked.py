"""Shows which lock is installed and why, as JSON and as text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpuenv.lock.header import LockHeader
    from gpuenv.report.messages import Language
    from gpuenv.report.result import CommandResult
    from gpuenv.report.terminal import Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLock:
    """One lock as it is shown."""

    path: Path
    header: LockHeader | None
    """None where it cannot be read."""
    misfits: tuple[Notice, ...]
    """Nothing where it is for the target."""


def with_lock(
    result: CommandResult, locks: Sequence[ShownLock], language: Language, *, consenting: str, was_written: bool
) -> CommandResult:
    """Add to the result of a plan or install which lock it is of.

    `locks` come with the chosen one first; `consenting` is the command that consents to what the plan does.
    """
    errors = tuple(
        Notice.of(error.code, **{**error.context, "command": consenting}) if error.code == "needs-consent" else error
        for error in result.errors
    )

    def write(terminal: Terminal) -> None:
        if not was_written:
            write_locks(terminal, locks)
        result.write(terminal)

    return replace(result, data={**result.data, "lock": _as_json(locks, language)}, errors=errors, write=write)


def write_locks(terminal: Terminal, locks: Sequence[ShownLock]) -> None:
    """Say which lock was chosen; of a folder, also why the others were not."""
    language = terminal.language
    if len(locks) == 1 and locks[0].misfits:
        return  # the conflict says it already
    for number, lock in enumerate(locks):
        header, file = lock.header, lock.path.name
        torch = str(header.torch) if header is not None and header.torch is not None else "-"
        if lock.misfits or header is None:
            reasons = (phrase(misfit.code, misfit.context, language).message for misfit in lock.misfits)
            facts = {"file": file, "why": "; ".join(reasons)}
            terminal.print(phrase("locked-not-this", facts, language).message, style="dim")
        elif number:
            terminal.print(phrase("locked-serves-too", {"file": file, "torch": torch}, language).message, style="dim")
        elif header.gpus:
            gpus = tuple(dict.fromkeys(gpu.name for gpu in header.gpus))
            driver = str(header.minimum_driver) if header.minimum_driver is not None else None
            chosen = phrase("locked-chosen", {"file": file, "gpus": gpus, "driver": driver}, language)
            terminal.print(chosen.message, style="green")
        else:
            code = "locked-chosen-any" if header.is_for_any_gpu else "locked-chosen-cpu"
            chosen = phrase(code, {"file": file}, language)
            terminal.print(chosen.message, style="green")


def _as_json(locks: Sequence[ShownLock], language: Language) -> dict[str, Any] | None:
    """The chosen lock, and every one that was considered; null where nothing was chosen from."""
    if not locks:
        return None
    considered = [
        {
            "file": str(lock.path),
            "covers": not lock.misfits,
            "reasons": [notice_as_json(misfit, language) for misfit in lock.misfits],
        }
        for lock in locks
    ]
    chosen = locks[0] if not locks[0].misfits else None
    header = chosen.header if chosen is not None else None
    return {
        "file": str(chosen.path) if chosen is not None else None,
        "matrix": header.matrix if header is not None else None,
        "considered": considered,
    }
