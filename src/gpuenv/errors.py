"""The exceptions of gpuenv: a code and typed context, no sentences (those are in `report/messages`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

ContextValue: TypeAlias = "str | int | float | bool | tuple[str, ...] | None"


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

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.context.items())
        return f"{self.code} ({facts})" if facts else self.code


class UsageError(GpuenvError):
    """The call itself cannot be understood: an unknown option, GPU name, matrix, or requirement."""

    exit_code = 2


class RollbackFailedError(GpuenvError):
    """The state before could not be restored; the context names the command that recovers it."""

    exit_code = 5


class TerminatedError(KeyboardInterrupt):
    """SIGTERM asked this process to end: like Ctrl-C, but it ends with 143."""

    exit_code: ClassVar[int] = 143
