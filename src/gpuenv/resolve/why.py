"""Explains one version of torch in full: each of its builds, and how it serves the target or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.resolve.judgement import allows, judge
from gpuenv.resolve.listing import torch_candidates
from gpuenv.resolve.problem import make_problem

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from gpuenv.models.environment import Environment
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.request import Request
    from gpuenv.models.resolution import Candidate, Coverage, DriverFit
    from gpuenv.models.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One candidate, and what the rules say of it."""

    candidate: Candidate
    refusal: Notice | None
    """None: it serves the target."""
    coverage: tuple[Coverage, ...] = ()
    fit: DriverFit | None = None


def why(
    specifier: SpecifierSet,
    request: Request,
    target: Target,
    matrix: CompatibilityMatrix,
    *,
    environment: Environment | None = None,
) -> tuple[Explanation, ...]:
    """Judge every build of torch that a specifier admits, newest first, whatever the request says of versions."""
    problem = make_problem(request, target, matrix, environment=environment).ignoring("requirements", "installed")
    explanations = []
    for candidate in torch_candidates(problem):
        if not allows(specifier, candidate.build.version, candidate.build.tag):
            continue
        found = judge(problem, candidate)
        if isinstance(found, Notice):
            explanations.append(Explanation(candidate=candidate, refusal=found))
        else:
            explanations.append(Explanation(candidate=candidate, refusal=None, coverage=found.coverage, fit=found.fit))
    return tuple(
        sorted(explanations, key=lambda one: (one.candidate.build.version, one.candidate.build.tag), reverse=True)
    )
