"""One message: its sentence in each language, and the commands that remove its cause."""

from __future__ import annotations

from gpuenv.models.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Templates in `str.format` syntax over the context of a code.

    A hint is a command that can be run. A hint whose placeholder has no value in the context is left out, so that
    one code can carry the hints of several circumstances. `{typed}` is the command as it was typed, and
    `{typed:--indexes pypi}` the same with a change (`TypedCommand.changed`): left out where no command was typed, or
    where it has no such option.
    """

    en: str
    zh: str
    hints: tuple[str, ...] = ()
