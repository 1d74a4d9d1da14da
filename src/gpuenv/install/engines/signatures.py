"""Finds the first known wording in what an engine printed, and makes it a coded cause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gpuenv.errors import ContextValue

_LAST_LINES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Words of an engine by which a cause is known; named groups become facts."""

    code: str
    pattern: re.Pattern[str]
    has_explanation: bool = False
    """Whether the engine's own explanation belongs to the message."""


def signature(code: str, pattern: str, *, has_explanation: bool = False) -> Signature:
    """Make a signature; `.` matches line ends too."""
    return Signature(code=code, pattern=re.compile(pattern, re.DOTALL), has_explanation=has_explanation)


def cause_of(
    text: str, signatures: Sequence[Signature], *, explanation: Callable[[str], str], exit_code: int, engine: str
) -> Notice:
    """Find the first signature whose words are in the text; `engine-failed` with the last lines where none is."""
    for known in signatures:
        found = known.pattern.search(text)
        if found is None:
            continue
        facts: dict[str, ContextValue] = {
            name: value.strip("`'") for name, value in found.groupdict().items() if value is not None
        }
        if known.has_explanation:
            facts["detail"] = explanation(text)
        return Notice.of(known.code, **facts)
    return Notice.of("engine-failed", engine=engine, exit_code=exit_code, detail=last_lines(text))


def last_lines(text: str) -> str:
    """The last lines that say something."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-_LAST_LINES:])
