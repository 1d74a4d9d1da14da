"""Shows the table that `gpuenv lock --init` wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.report.messages import phrase
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal


def init_result(
    *, path: Path, values: Mapping[str, str | tuple[str, ...]], is_changed: bool, language: Language
) -> CommandResult:
    """Make the result; `values` are those of the table as it stands now."""
    code = "lock-init-written" if is_changed else "lock-init-up-to-date"
    sentence = phrase(code, {"path": str(path)}, language)

    def write(terminal: Terminal) -> None:
        for key, value in values.items():
            terminal.print(f"{key:<13}{value if isinstance(value, str) else ', '.join(value)}")
        terminal.print(sentence.message, style="green")

    data = {"changed": is_changed, "path": str(path), "table": {key: _plain(value) for key, value in values.items()}}
    return CommandResult(status="ok", exit_code=0, data=data, write=write)


def _plain(value: str | tuple[str, ...]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)
