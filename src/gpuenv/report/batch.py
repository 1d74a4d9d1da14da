"""Shows the answers of a batch: one envelope, or one line of text, per machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gpuenv.models.resolution import Conflict
from gpuenv.report.envelope import envelope
from gpuenv.report.messages import phrase
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.notice import Notice
    from gpuenv.models.resolution import Resolution
    from gpuenv.report.terminal import Terminal


def answer_result(
    identity: str, outcome: Resolution | Conflict | None, data: Mapping[str, Any], error: Notice | None
) -> CommandResult:
    """Make the result of one machine."""
    with_identity = {"id": identity, **data}
    if error is not None:
        return CommandResult(status="failed", exit_code=2, data=with_identity, errors=(error,))
    if isinstance(outcome, Conflict):
        return CommandResult(status="conflict", exit_code=1, data=with_identity)
    return CommandResult(status="ok", exit_code=0, data=with_identity)


def write_answer(terminal: Terminal, result: CommandResult, *, is_json: bool) -> None:
    """Write one line: the envelope as JSON Lines, or the identity and what was chosen."""
    if is_json:
        terminal.write_json(envelope("plan", result, terminal.language))
        return
    terminal.print(f"{result.data['id']}: {_in_short(result, terminal)}")


def batch_result(results: Sequence[tuple[str, int]]) -> CommandResult:
    """Make the command's own result from the status and exit code of each answer: the gravest code counts."""
    return CommandResult(
        status="ok" if all(code == 0 for _, code in results) else "conflict",
        exit_code=max((code for _, code in results), default=0),
        is_written=True,
    )


def _in_short(result: CommandResult, terminal: Terminal) -> str:
    if result.errors:
        error = result.errors[0]
        return phrase(error.code, error.context, terminal.language).message
    resolution = result.data.get("resolution")
    if resolution is None:
        return str(result.data["conflict"]["message"])
    return ", ".join(
        pin["requirement"] for pin in resolution.values() if isinstance(pin, dict) and "requirement" in pin
    )
