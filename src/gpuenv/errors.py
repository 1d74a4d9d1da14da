"""The exceptions of gpuenv: a code and typed context, no sentences (those are in `report/messages`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

ContextValue: TypeAlias = "str | int | float | bool | tuple[str, ...] | None"


Fate: TypeAlias = Literal["open", "committed", "rolled-back", "removed", "kept"]
"""What became of a change of an environment; `removed`: the environment was new, failed, and is gone."""


class SettledChange(NamedTuple):
    """The end of a change that something interrupted."""

    fate: Fate
    environment: str
    log: str | None
    """Folder of the engines' logs."""


class GpuenvError(Exception):
    """A broken world: something that a user, a machine or a network did and no station can go on from.

    An *expected* no (a conflict, a failed check) is a value, never an exception.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, /, **context: ContextValue) -> None:
        """Take the kebab-case code of the message and the facts that the message names."""
        super().__init__(code, context)
        self.code = code
        self.context: Mapping[str, ContextValue] = context
        self.change: SettledChange | None = None
        """What became of the change of an environment that this ended."""

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.context.items())
        return f"{self.code} ({facts})" if facts else self.code


class UsageError(GpuenvError):
    """The call itself cannot be understood: an unknown option, GPU name, matrix, or requirement."""

    exit_code = 2


class RollbackFailedError(GpuenvError):
    """The state before could not be restored; the context names the command that recovers it."""

    exit_code = 5


EXIT_INTERRUPTED: Final = 130


class ChangeInterruptedError(KeyboardInterrupt):
    """Ctrl-C or SIGTERM came while an environment was being changed; what became of that is settled by now."""

    def __init__(self, exit_code: int, change: SettledChange) -> None:
        """Take the exit code of the interruption, and the fate of the change."""
        super().__init__(exit_code, change)
        self.exit_code = exit_code
        self.change = change


class TerminatedError(KeyboardInterrupt):
    """SIGTERM asked this process to end: like Ctrl-C, but it ends with 143."""

    exit_code: ClassVar[int] = 143
