"""Names the installed packages whose requirements a plan would leave unmet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Remove
from gpuenv.rules.consistency import unmet, versions_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.version import Version

    from gpuenv.models.environment import Environment
    from gpuenv.models.plan import Step


def inconsistencies(steps: Sequence[Step], environment: Environment | None) -> tuple[Notice, ...]:
    """What is met now and would not be any more, by the packages that the plan does not touch."""
    if environment is None:
        return ()
    touched = {canonicalize_name(step.project) for step in steps if isinstance(step, (Install, Remove))}
    staying = [found for found in environment.distributions if found.name not in touched]
    before, python = versions_of(environment), environment.python_version
    unmet_before = {(found.name, str(requirement)) for found, requirement, _ in unmet(staying, before, python=python)}
    return tuple(
        Notice.of(
            "becomes-inconsistent",
            package=found.name,
            requirement=str(requirement),
            found=str(version) if version is not None else None,
        )
        for found, requirement, version in unmet(staying, _after(before, steps), python=python)
        if (found.name, str(requirement)) not in unmet_before
    )


def _after(before: Mapping[str, Version], steps: Sequence[Step]) -> Mapping[str, Version]:
    after = dict(before)
    for step in steps:
        match step:
            case Remove():
                after.pop(canonicalize_name(step.project), None)
            case Install():
                after[canonicalize_name(step.project)] = step.version
            case _:
                pass
    return after
