"""Shows in what locks differ from what they would be now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.errors import ContextValue
    from gpuenv.lock.differences import Difference
    from gpuenv.report.terminal import Terminal

_SIDED = {"machine", "package", "source"}
"""Kinds that can be there on one side only: each side has a sentence of its own."""

_NOT_OURS = "lock-header-missing"
"""What is wrong with a file that is no lock of gpuenv at all."""


def differences_as_json(differences: Iterable[Difference]) -> list[dict[str, Any]]:
    """Make one object a difference."""
    return [
        {"file": found.file, "kind": found.kind, "name": found.name, "before": found.before, "after": found.after}
        for found in differences
    ]


def write_differences(terminal: Terminal, differences: tuple[Difference, ...]) -> None:
    """Write one line a difference, or that there is none."""
    for found in differences:
        terminal.print(phrase(_code(found), _facts(found), terminal.language).message, style="yellow")
    files = tuple(dict.fromkeys(found.file for found in differences if not _stays(found)))
    if files:
        terminal.print(phrase("lock-check-differs", {"files": files}, terminal.language).message, style="red")
    elif not differences:
        terminal.print(phrase("lock-check-same", {}, terminal.language).message, style="green")


def _stays(found: Difference) -> bool:
    """Whether the command leaves the file alone: it writes over nobody else's, and removes none."""
    return found.kind == "stale" or found.name == _NOT_OURS


def _code(found: Difference) -> str:
    if found.name == _NOT_OURS:
        return "lock-differs-foreign"
    code = f"lock-differs-{found.kind}"
    if found.kind not in _SIDED or (found.before is not None and found.after is not None):
        return code
    return f"{code}-added" if found.before is None else f"{code}-removed"


def _facts(found: Difference) -> dict[str, ContextValue]:
    return {"file": found.file, "name": found.name, "before": found.before, "after": found.after}
