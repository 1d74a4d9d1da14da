"""Finds the signatures in a log and reads what their text names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.diagnose.normalise import fold
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpuenv.diagnose.normalise import LogText
    from gpuenv.models.diagnosis import Signature

_BEFORE: Final = 600
_AFTER: Final = 1500
"""Characters around a core, whitespace removed, in which the rest of its message stands."""
_OCCURRENCES: Final = 4
"""A flood of one message is looked at that often, and its last occurrence once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One signature that was found."""

    signature: Signature
    offset: int
    """Of the first occurrence, in `LogText.squeezed`."""
    found: Mapping[str, str]
    """What `extract` has read, by group name; of several occurrences the first that names it."""
    quote: str
    """The lines that hold the core."""
    around: str
    """The text around the core, whitespace removed, folded."""


def find_hits(text: LogText, signatures: Sequence[Signature]) -> tuple[Hit, ...]:
    """Find each signature once, in the order of the text."""
    hits = (_find(text, signature) for signature in signatures)
    return tuple(sorted((hit for hit in hits if hit is not None), key=lambda hit: hit.offset))


def _find(text: LogText, signature: Signature) -> Hit | None:
    if signature.anywhere and not any(fold(literal) in text.folded for literal in signature.anywhere):
        return None
    near = tuple(map(fold, signature.near))
    unless = tuple(map(fold, signature.unless))
    places = []
    for start, end in _occurrences(text.folded, [fold(core) for core in signature.cores]):
        around = text.folded[max(0, start - _BEFORE) : end + _AFTER]
        if all(literal in around for literal in near) and not any(literal in around for literal in unless):
            places.append((start, end))
    if not places:
        return None
    start, end = places[0]
    return Hit(
        signature=signature,
        offset=start,
        found=_extracted(text, signature, places),
        quote=text.quote(start, end),
        around=text.folded[max(0, start - _BEFORE) : end + _AFTER],
    )


def _occurrences(folded: str, cores: Sequence[str]) -> Iterator[tuple[int, int]]:
    for core in cores:
        place = folded.find(core)
        for _ in range(_OCCURRENCES):
            if place < 0:
                break
            yield place, place + len(core)
            place = folded.find(core, place + 1)
        if place >= 0:
            last = folded.rfind(core)
            yield last, last + len(core)


def _extracted(text: LogText, signature: Signature, places: Sequence[tuple[int, int]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for start, end in places:
        around = text.squeezed[max(0, start - _BEFORE) : end + _AFTER]
        # Read first behind the nearest text, so that a neighbour's message does not answer for this one.
        for pattern in signature.extract:
            match = pattern.search(around, max(0, min(start, _BEFORE) - 200)) or pattern.search(around)
            if match is not None:
                for name, value in match.groupdict().items():
                    if value:
                        found.setdefault(name, value)
    return found
