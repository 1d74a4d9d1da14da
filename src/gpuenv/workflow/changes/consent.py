"""Tells what of a plan needs the user's consent: whatever it does to packages outside the GPU family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from gpuenv.models.plan import Plan

_ASKED_FOR: Final = frozenset({"stale-library"})
"""Reasons of removals that are asked about: nobody needs these packages, as far as can be told."""
_LIBRARIES: Final = ("nvidia-", "cuda-")
"""What builds of the family bring along: the wheels of CUDA itself."""


def foreign_changes(plan: Plan, *, is_new: bool = False) -> tuple[str, ...]:
    """List, for the eye, what is compiled, and the packages outside the family that would change, go, or misfit.

    Nothing is asked about what is compiled for a new environment (`is_new`).
    """
    changes = (
        f"{step.project} {step.replaces} -> {step.version}"
        for step in plan.installs
        if not step.is_family
        and step.replaces is not None
        and step.replaces != step.version
        and not step.project.startswith(_LIBRARIES)
    )
    removals = (f"- {step.project} {step.version}" for step in plan.removals if step.reason.code in _ASKED_FOR)
    broken = (f"{found.context['package']} ({found.context['requirement']})" for found in plan.inconsistent)
    built = (f"{step.project} <- {redact_url(step.source)}" for step in plan.builds if not is_new)
    return (*changes, *removals, *broken, *built)
