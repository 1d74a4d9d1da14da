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
    from collections.abc import Iterator

    from gpuenv.models.matrix import TorchBuild
    from gpuenv.resolve.judgement import Judgement, Service
    from gpuenv.resolve.problem import Problem
    from gpuenv.resolve.tables import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the search found on its way."""

    best: Judgement | None
    refused: tuple[tuple[Candidate, Refusal], ...]
    """What was looked at before, and the others of the same version."""


def search(problem: Problem) -> Search:
    """Find the best candidate as `best_of` does, and gather what was refused on the way."""
    refused: list[tuple[Candidate, Refusal]] = []
    best = _find(problem, refused)
    return Search(best=best, refused=tuple(refused))


def best_of(problem: Problem) -> Judgement | None:
    """Find the best candidate: the newest release of the first tier that has one; the second only after all of it."""
    return _find(problem, None)


def serving(problem: Problem) -> Iterator[Judgement]:
    """Yield every candidate that serves the target."""
    question = _Question(problem, None)
    for tier in problem.tiers:
        for release in tier:
            yield from question.serving(release)


def _find(problem: Problem, refused: list[tuple[Candidate, Refusal]] | None) -> Judgement | None:
    question = _Question(problem, refused)
    for tier in problem.tiers:
        for release in tier:
            serving = question.serving(release)
            if serving:
                return max(serving, key=rank)
    return None


class _Question:
    """What all builds are judged by: the requirements, and what was found out about the target before."""

    def __init__(self, problem: Problem, refused: list[tuple[Candidate, Refusal]] | None) -> None:
        """`refused` takes what does not serve; None where nobody asks, as in nine of ten searches."""
        self._problem = problem
        self._requirements = torch_requirements(problem)
        self._runtimes = runtimes_for(problem)
        self._services = problem.services
        self._refused = refused

    def serving(self, release: Release) -> list[Judgement]:
        """Judge each build of a release once, and then each source that has it."""
        excluded = self._requirements.against_release(release)
        if excluded is not None and self._refused is None:
            return []
        found = []
        for build, code in zip(release.builds, release.codes, strict=True):
            service = excluded or self._requirements.against_build(build) or self._service(build, code)
            if isinstance(service, Refusal):
                self._refuse(build, service)
                continue
            for source in sources_of(self._problem, build):
                candidate = Candidate(build=build, source=source)
                judged = judge(self._problem, candidate, service, self._runtimes)
                if not isinstance(judged, Refusal):
                    found.append(judged)
                elif self._refused is not None:
                    self._refused.append((candidate, judged))
        return found

    def _service(self, build: TorchBuild, code: int) -> Service | Refusal:
        known = self._services.get(code)
        if known is None:
            known = self._services[code] = serve(self._problem, build)
        return known

    def _refuse(self, build: TorchBuild, refusal: Refusal) -> None:
        """Note a refusal that holds for every source, where one has the build."""
        sources = sources_of(self._problem, build) if self._refused is not None else []
        if self._refused is not None and sources:
            self._refused.append((Candidate(build=build, source=sources[0]), refusal))
