"""What one signature came to mean once the facts were heard."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.errors import ContextValue
    from gpuenv.models.diagnosis import CauseClass, Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One cause, with what remains possible beside it."""

    code: str
    confidence: Confidence
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    """The facts that the message names."""
    reasons: tuple[str, ...] = ()
    """The facts that decided, in the words of the tools themselves: `torch 2.8.0+cu128`, `sm_75 sm_80`."""
    remaining: tuple[str, ...] = ()
    """Codes of causes that the facts did not rule out."""
    cause_class: CauseClass | None = None
    """In place of the class of the code's row: for problems that detection has named."""
    weight: int | None = None
    """In place of the signature's, where the facts made another cause of it."""
