"""From an error message to its cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gpuenv.models.notice import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One possible cause of a fault."""

    cause: Notice
    """The code of the cause, as fine as can be told, with its facts."""
    cause_class: str
    confidence: Literal["high", "medium", "low"]
    evidence: tuple[str, ...] = ()
    """The lines of the text, and the facts of the machine, that speak for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisReport:
    """The primary cause, and what else was looked at."""

    primary: Diagnosis | None
    others: tuple[Diagnosis, ...] = ()
