"""Searches the releases from the newest on, and stops at the first one with a build that serves the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.resolution import Candidate
from gpuenv.models.value import dataclass
from gpuenv.resolve.judgement import judge, serve
from gpuenv.resolve.listing import sources_of
from gpuenv.resolve.onnxruntime import runtimes_for
from gpuenv.resolve.ranking import rank
from gpuenv.resolve.refusal import Refusal
from gpuenv.resolve.requirements import torch_requirements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.resolve.judgement import Judgement, Service
    from gpuenv.resolve.problem import Problem
    from gpuenv.resolve.requirements import TorchRequirements
    from gpuenv.resolve.tables import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the search found on its way."""

    best: Judgement | None
    refused: tuple[tuple[Candidate, Refusal], ...]
    """What was looked at before, and the others of the same version."""


def search(problem: Problem) -> Search:
    """Find the best candidate: the newest release of the first tier that has one; the second only after all of it."""
    requirements, runtimes, services = torch_requirements(problem), runtimes_for(problem), problem.services
    refused: list[tuple[Candidate, Refusal]] = []
    for tier in problem.tiers:
        for release in tier:
            serving = []
            for candidate, found in _judged(problem, release, requirements, runtimes, services):
                if isinstance(found, Refusal):
                    refused.append((candidate, found))
                else:
                    serving.append(found)
            if serving:
                return Search(best=max(serving, key=rank), refused=tuple(refused))
    return Search(best=None, refused=tuple(refused))


def serving(problem: Problem) -> Iterator[Judgement]:
    """Yield every candidate that serves the target."""
    requirements, runtimes, services = torch_requirements(problem), runtimes_for(problem), problem.services
    for tier in problem.tiers:
        for release in tier:
            for _, found in _judged(problem, release, requirements, runtimes, services):
                if not isinstance(found, Refusal):
                    yield found


def _judged(
    problem: Problem,
    release: Release,
    requirements: TorchRequirements,
    runtimes: Sequence[OnnxRuntimeBuild],
    services: dict[int, Service | Refusal],
) -> Iterator[tuple[Candidate, Judgement | Refusal]]:
    """Judge each build of a release once, and then each source that has it."""
    excluded = requirements.against_release(release)
    for build, code in zip(release.builds, release.codes, strict=True):
        sources = sources_of(problem, build)
        if not sources:
            continue
        service = excluded or requirements.against_build(build) or services.get(code)
        if service is None:
            service = services[code] = serve(problem, build)
        if isinstance(service, Refusal):
            yield Candidate(build=build, source=sources[0]), service
            continue
        for source in sources:
            candidate = Candidate(build=build, source=source)
            yield candidate, judge(problem, candidate, service, runtimes)
