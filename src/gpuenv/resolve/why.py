"""Explains one version of torch or ONNX Runtime in full: how each of its builds serves the target or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.resolution import Candidate, RuntimeCandidate
from gpuenv.models.value import dataclass
from gpuenv.resolve.judgement import judge, serve
from gpuenv.resolve.listing import sources_of
from gpuenv.resolve.onnxruntime import (
    PROJECT,
    onnxruntime_coverage,
    onnxruntime_fit,
    pin_of,
    runtime_refusal,
    runtimes_for,
    runtimes_of,
)
from gpuenv.resolve.pairings import refusing
from gpuenv.resolve.problem import make_problem
from gpuenv.resolve.refusal import Refusal, notice_of
from gpuenv.resolve.requirements import allows, refusal_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.specifiers import SpecifierSet

    from gpuenv.models.environment import Environment
    from gpuenv.models.matrix import CompatibilityMatrix, OnnxRuntimeBuild
    from gpuenv.models.notice import Notice
    from gpuenv.models.request import Request
    from gpuenv.models.resolution import Coverage, DriverFit
    from gpuenv.models.target import Target
    from gpuenv.resolve.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One candidate, and what the rules say of it."""

    candidate: Candidate | RuntimeCandidate
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
    explanations = [
        _explanation(problem, Candidate(build=build, source=source), runtimes)
        for tier in problem.tiers
        for release in tier
        for build in release.builds
        if allows(specifier, build)
        for source in sources_of(problem, build)
    ]
    return tuple(
        sorted(explanations, key=lambda one: (one.candidate.build.version, one.candidate.build.tag), reverse=True)
    )


def why_runtime(
    specifier: SpecifierSet,
    request: Request,
    target: Target,
    matrix: CompatibilityMatrix,
    *,
    environment: Environment | None = None,
) -> tuple[Explanation, ...]:
    """Judge every build of onnxruntime-gpu that a specifier admits, newest first, as `why` does those of torch."""
    problem = make_problem(request, target, matrix, environment=environment).ignoring("requirements", "installed")
    return tuple(
        _runtime_explanation(problem, build)
        for build in runtimes_of(problem)
        if specifier.contains(build.version, prereleases=True)
    )


def _runtime_explanation(problem: Problem, build: OnnxRuntimeBuild) -> Explanation:
    candidate = RuntimeCandidate(build=build, source=pin_of(problem, build, is_alone=True).source)
    if problem.target.is_cpu:
        refusal = Refusal(code="onnxruntime-gpu-on-cpu-target", project=PROJECT)
    else:
        found = runtime_refusal(problem, build)
        if found is None:
            served = [onnxruntime_coverage(problem, build, gpu) for gpu in problem.target.gpus]
            coverage = tuple(one for one in served if one is not None)
            return Explanation(
                candidate=candidate, refusal=None, coverage=coverage, fit=onnxruntime_fit(problem, build)
            )
        refusal = found
    return Explanation(candidate=candidate, refusal=notice_of(problem, candidate, refusal))


def _explanation(problem: Problem, candidate: Candidate, runtimes: Sequence[OnnxRuntimeBuild]) -> Explanation:
    held = refusing(problem, candidate.build)
    service = refusal_of(held[0]) if held else serve(problem, candidate.build)
    found = service if isinstance(service, Refusal) else judge(problem, candidate, service, runtimes)
    if isinstance(found, Refusal):
        return Explanation(candidate=candidate, refusal=notice_of(problem, candidate, found))
    return Explanation(candidate=candidate, refusal=None, coverage=found.coverage, fit=found.fit)
