"""Takes the command line apart into what was typed: options with their values, requirements, a command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from gpuenv.models.settings import redact_url
from gpuenv.models.typed_command import COMMAND, TypedCommand, quoted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

WITH_COMMAND: Final = frozenset({"run", "diagnose"})
"""The commands that run a command, behind `--`."""


def typed_command(verb: str, argv: Sequence[str], parser: argparse.ArgumentParser) -> TypedCommand:
    """Take the arguments as they were typed, also those that the parser refuses; credentials of URLs are left out."""
    actions = [action for action in parser._actions if action.option_strings]  # noqa: SLF001 - argparse has no other way
    values = {name: action.nargs for action in actions for name in action.option_strings}
    options = [" ".join(action.option_strings) for action in actions]
    options += [COMMAND] if verb in WITH_COMMAND else []
    parts = _parts([redact_url(word) for word in argv], values)
    return TypedCommand(verb=verb, parts=tuple(parts), options=tuple(options))


def _parts(words: list[str], values: dict[str, int | str | None]) -> Iterator[str]:
    while words:
        word = words.pop(0)
        if word == "--":
            yield f"-- {shlex.join(words)}".rstrip()
            return
        if word.startswith("--") and "=" in word:
            words[:0] = word.split("=", 1)
            continue
        takes_value = values.get(word, 0)
        has_value = takes_value is None or (takes_value == "?" and words and not words[0].startswith("-"))
        yield " ".join((quoted(word), *([quoted(words.pop(0))] if has_value and words else [])))
