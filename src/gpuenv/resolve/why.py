"""Explains one version of torch in full: each of its builds, and how it serves the target or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuenv.resolve.judgement import allows, judge
from gpuenv.resolve.listing import candidates_of
from gpuenv.resolve.onnxruntime import runtimes_for
from gpuenv.resolve.problem import make_problem
from gpuenv.resolve.refusal import Refusal, notice_of

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from gpuenv.models.environment import Environment
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.notice import Notice
    from gpuenv.models.request import Request
    from gpuenv.models.resolution import Candidate, Coverage, DriverFit
    from gpuenv.models.target import Target
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Problem


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
    runtimes = runtimes_for(problem)
    explanations = []
    for release in problem.releases:
        for candidate in candidates_of(problem, release):
            if allows(specifier, release.version, candidate.build.tag):
                found = judge(problem, candidate, runtimes)
                explanations.append(_explanation(problem, candidate, found))
    return tuple(
        sorted(explanations, key=lambda one: (one.candidate.build.version, one.candidate.build.tag), reverse=True)
    )


def _explanation(problem: Problem, candidate: Candidate, found: Judgement | Refusal) -> Explanation:
    if isinstance(found, Refusal):
        return Explanation(candidate=candidate, refusal=notice_of(problem, candidate, found))
    return Explanation(candidate=candidate, refusal=None, coverage=found.coverage, fit=found.fit)
