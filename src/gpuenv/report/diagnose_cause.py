"""Words one cause: a fact that nobody told is called so, or left out where it is an aside."""
# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, final

from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.errors import ContextValue
    from gpuenv.models.notice import Notice
    from gpuenv.report.messages import Language

_ASIDE_GAP: Final = re.compile(r"(?<=[A-Za-z])(?=[\u4e00-\u9fff])")
"""Between Latin letters and Chinese there is a space; an aside left out stood in its place."""


def cause_sentence(cause: Notice, language: Language) -> str:
    """Word a cause; its hints, in contrast, are left out where a fact is missing."""
    unknown = phrase("fact-not-told", {}, language).message
    sentence = phrase(cause.code, _Whole(cause.context, unknown), language).message
    return _ASIDE_GAP.sub(" ", sentence.replace(f" ({unknown})", "").replace(f"（{unknown}）", ""))


@final
class _Whole(Mapping[str, "ContextValue"]):
    """Facts of which every one has a value."""

    def __init__(self, facts: Mapping[str, ContextValue], unknown: str) -> None:
        self._facts = facts
        self._unknown = unknown

    def __getitem__(self, name: str) -> ContextValue:
        found = self._facts.get(name)
        return self._unknown if found is None or found in {"", ()} else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)
