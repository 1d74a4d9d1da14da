"""The one JSON envelope of all commands, schema 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from gpuenv.models.notice import Notice
    from gpuenv.report.messages import Language
    from gpuenv.report.result import CommandResult

SCHEMA: Final = 1


def envelope(command: str, result: CommandResult, language: Language) -> dict[str, Any]:
    """Make the envelope: schema, command, status, exit code, data, errors."""
    return {
        "schema": SCHEMA,
        "command": command,
        "status": result.status,
        "exit_code": result.exit_code,
        "data": dict(result.data),
        "errors": [notice_as_json(error, language) for error in result.errors],
    }


def notice_as_json(notice: Notice, language: Language) -> dict[str, Any]:
    """Make `{"code", "message", "hints"}` of a notice."""
    sentence = phrase(notice.code, notice.context, language)
    return {"code": notice.code, "message": sentence.message, "hints": list(sentence.hints)}
