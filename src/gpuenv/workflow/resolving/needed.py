"""Asks the engine which members of the GPU family the other requirements need: `easyocr` needs torch."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gpuenv.models.request import GPU_FAMILY
from gpuenv.project.requirement_files import RequirementLine
from gpuenv.workflow.resolving.present import closure_in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from collections.abc import Set as AbstractSet

    from gpuenv.models.environment import Environment
    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target

ClosureNames: TypeAlias = "Callable[[Sequence[str], Sequence[str], Sequence[str], Target], Collection[str]]"
"""Resolves requirements, with constraints and without excluded projects, for a target; gives the projects' names."""

_FAMILY: Final = frozenset({*GPU_FAMILY, "onnxruntime"})


def needed_family(
    lines: Sequence[RequirementLine],
    target: Target,
    environment: Environment | None,
    settings: IndexSettings,
    surroundings: Surroundings,
    reporter: Reporter,
    closure_names: ClosureNames | None = None,
    *,
    is_offline: bool = False,
) -> tuple[RequirementLine, ...]:
    """Resolve the lines outside the family as they stand, and name the members that they pull in and nobody named.

    What the environment holds already is followed there, without the engine. A member that came as a mere dependency
    would be the default index's newest, whatever the GPU and the driver. The versions that this resolution chose mean
    nothing: gpuenv chooses the builds. `closure_names` is asked in place of the engine; offline the engine answers out
    of its cache. Raises as `compile_closure` does.
    """
    foreign = [line for line in lines if not line.is_family]
    requirements = [line.text for line in foreign if line.kind != "constraint"]
    constraints = [line.text for line in foreign if line.kind == "constraint"]
    if not requirements:
        return ()
    named = {canonicalize_name(line.requirement.name) for line in lines if line.is_family and line.requirement}
    in_place = closure_in_place(environment, requirements) if environment is not None else None
    if in_place is not None:
        return _lines(in_place & (_FAMILY - named))
    if closure_names is None:
        closure_names = partial(_engine_names, settings, surroundings, reporter, is_offline)
    found = frozenset(closure_names(requirements, constraints, sorted(named), target))
    return _lines(found & (_FAMILY - named))


def _engine_names(
    settings: IndexSettings,
    surroundings: Surroundings,
    reporter: Reporter,
    is_offline: bool,  # noqa: FBT001 - bound once, above
    requirements: Sequence[str],
    constraints: Sequence[str],
    excluded: Sequence[str],
    target: Target,
) -> frozenset[str]:
    """Ask the engine what the requirements come down to."""
    from gpuenv.install.closures.closure import compile_closure  # noqa: PLC0415 - most calls name the family themselves

    reporter.stage("resolving-dependencies")
    closure = compile_closure(
        (),
        requirements,
        python=Path(sys.executable),
        python_version=target.python,
        platform=target.platform,
        settings=settings,
        environ=surroundings.environ,
        with_hashes=False,
        is_offline=is_offline,
        excluded=excluded,
        constraints=constraints,
    )
    return frozenset(package.project for package in closure)


def _lines(needed: AbstractSet[str]) -> tuple[RequirementLine, ...]:
    return tuple(
        RequirementLine(text=name, file="dependencies", line=0, kind="requirement", requirement=Requirement(name))
        for name in sorted(needed)
    )
