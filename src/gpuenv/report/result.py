"""What a command ends with, in the form that both JSON and the terminal are made from."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gpuenv.models.notice import Notice
    from gpuenv.report.terminal import Terminal

Status = Literal["ok", "conflict", "failed", "rolled-back", "drift", "unverified"]


def _nothing(_terminal: Terminal) -> None:
    """Print nothing: for results that are only data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """The outcome of one command."""

    status: Status
    exit_code: int
    data: Mapping[str, Any] = field(default_factory=dict)
    """JSON-ready: the envelope's `data`."""
    errors: tuple[Notice, ...] = ()
    write: Callable[[Terminal], None] = _nothing
    """Prints the result for people."""
    is_written: bool = False
    """The command wrote all of its output itself, as it came."""
