"""Finds the message of a code and fills it in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from string import Formatter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.errors import ContextValue
    from gpuenv.report.messages.message import Message

Language = Literal["en", "zh"]

_STATIONS = (
    "cli",
    "detect",
    "matrix",
    "index",
    "project",
    "resolve",
    "plan",
    "install",
    "lock",
    "verify",
    "binaries",
    "diagnose",
    "build",
)
"""The modules beside this one that hold a `MESSAGES` mapping, one per station."""


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


@cache
def all_messages() -> Mapping[str, Message]:
    """Every message by its code."""
    messages: dict[str, Message] = {}
    for station in _STATIONS:
        messages.update(import_module(f"gpuenv.report.messages.{station}").MESSAGES)
    return messages


def phrase(code: str, context: Mapping[str, ContextValue], language: Language) -> Sentence:
    """Word a code. A code without a message is shown as it is with its facts: never an exception."""
    message = all_messages().get(code)
    if message is None:
        facts = ", ".join(f"{name}: {_show(value)}" for name, value in context.items())
        return Sentence(code=code, message=f"{code} ({facts})" if facts else code, hints=())
    template = message.zh if language == "zh" else message.en
    return Sentence(
        code=code,
        message=_fill(template, context),
        hints=tuple(_fill(hint, context) for hint in message.hints if _applies(hint, context)),
    )


def _fill(template: str, context: Mapping[str, ContextValue]) -> str:
    fields = {name for _, name, _, _ in Formatter().parse(template) if name}
    return template.format(**{name: _show(context.get(name)) for name in fields})


def _applies(hint: str, context: Mapping[str, ContextValue]) -> bool:
    return all(context.get(name) not in {None, "", ()} for _, name, _, _ in Formatter().parse(hint) if name)


def _show(value: ContextValue) -> str:
    match value:
        case None:
            return "?"
        case tuple():
            return ", ".join(value) or "-"
        case _:
            return str(value)
