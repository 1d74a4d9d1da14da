"""Says how a command ended that an error or an interruption broke off, and what became of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from gpuenv.errors import Fate, GpuenvError, SettledChange

_SENTENCES: dict[Fate, str] = {
    "rolled-back": "environment-as-before",
    "removed": "new-environment-removed",
    "kept": "failed-environment-kept",
    "committed": "change-was-complete",
}
"""What is said of a change that did not come to its own end, by its fate."""


def failure_result(error: GpuenvError) -> CommandResult:
    """Make the result of a command that an error ended."""
    return _result(error.exit_code, Notice.of(error.code, **error.context), error.change)


def interruption_result(exit_code: int, change: SettledChange | None = None) -> CommandResult:
    """Make the result of a command that Ctrl-C or SIGTERM ended."""
    return _result(exit_code, Notice.of("interrupted"), change)


def _result(exit_code: int, cause: Notice, change: SettledChange | None) -> CommandResult:
    if change is None or change.fate not in _SENTENCES:
        return CommandResult(status="failed", exit_code=exit_code, errors=(cause,))
    is_back = change.fate in {"rolled-back", "removed"}
    return CommandResult(
        status="rolled-back" if is_back else "failed",
        exit_code=exit_code,
        data={"changed": not is_back, "environment": change.environment, "log": change.log},
        errors=(cause, Notice.of(_SENTENCES[change.fate], environment=change.environment)),
    )
