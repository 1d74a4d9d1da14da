"""Finds the message of a code and fills it in."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from gpuenv.models.typed_command import TypedCommand
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.errors import ContextValue
    from gpuenv.report.messages.message import Message

Language = Literal["en", "zh"]

_STATIONS = (
    "labels",
    "detect",
    "plan",
    "resolve",
    "cli",
    "matrix",
    "index",
    "project",
    "applications",
    "install",
    "engines",
    "undo",
    "lock",
    "verify",
    "binaries",
    "diagnose",
    "build",
)
"""The modules beside this one that hold a `MESSAGES` mapping, one per station; those of quick commands first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A message in one language, filled in."""

    code: str
    message: str
    hints: tuple[str, ...]


def language_of(environ: Mapping[str, str]) -> Language:
    """Choose the language: `GPUENV_LANG`, else the locale's variables in POSIX order, else English."""
    for variable in ("GPUENV_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(variable)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def all_messages() -> Mapping[str, Message]:
    """Every message by its code."""
    return {code: message for station in _STATIONS for code, message in _messages_of(station).items()}


@cache
def _messages_of(station: str) -> Mapping[str, Message]:
    messages: Mapping[str, Message] = import_module(f"gpuenv.report.messages.{station}").MESSAGES
    return messages


def phrase(code: str, context: Mapping[str, ContextValue], language: Language) -> Sentence:
    """Word a code. A code without a message is shown as it is with its facts: never an exception."""
    message = next((found for station in _STATIONS if (found := _messages_of(station).get(code)) is not None), None)
    if message is None:
        facts = ", ".join(f"{name}: {_show(value)}" for name, value in context.items() if not name.startswith("typed"))
        return Sentence(code=code, message=f"{code} ({facts})" if facts else code, hints=())
    template = message.zh if language == "zh" else message.en
    hints = (filled for hint in message.hints if (filled := _fill_wholly(hint, context)) is not None)
    return Sentence(code=code, message=_fill(template, context), hints=tuple(dict.fromkeys(hints)))


class _Typed:
    """The command as it was typed, in a hint: `{typed:--indexes pypi}` says it with that change."""

    def __init__(self, typed: TypedCommand | None, facts: _Facts) -> None:
        self._typed = typed
        self._facts = facts

    def __format__(self, change: str) -> str:
        changed = self._typed.changed(change) if self._typed is not None else None
        # Where nothing was typed, or a command without such an option, this is no hint.
        self._facts.are_whole = self._facts.are_whole and changed is not None
        return str(changed)


class _Facts:
    """The facts of a code, as `format_map` asks for them; remembers whether one had no value."""

    def __init__(self, context: Mapping[str, ContextValue]) -> None:
        self._context = context
        self.are_whole = True

    def __getitem__(self, name: str) -> str | _Typed:
        if name == "typed":
            return _Typed(TypedCommand.of(self._context), self)
        value = self._context.get(name)
        self.are_whole = self.are_whole and value not in {None, "", ()}
        return _show(value)


def _fill(template: str, context: Mapping[str, ContextValue]) -> str:
    return template.format_map(_Facts(context))


def _fill_wholly(hint: str, context: Mapping[str, ContextValue]) -> str | None:
    """Fill in a hint; None where it lacks a fact."""
    facts = _Facts(context)
    filled = hint.format_map(facts)
    return filled if facts.are_whole else None


def _show(value: ContextValue) -> str:
    match value:
        case None:
            return "?"
        case tuple():
            return ", ".join(value) or "-"
        case _:
            return str(value)
