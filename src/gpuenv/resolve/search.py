"""Searches the releases from the newest on, and stops at the first one with a build that serves the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuenv.resolve.judgement import is_by_version, judge, requirement_against
from gpuenv.resolve.listing import candidates_of
from gpuenv.resolve.onnxruntime import runtimes_for
from gpuenv.resolve.ranking import is_first_choice, rank
from gpuenv.resolve.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.models.resolution import Candidate
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Problem
    from gpuenv.resolve.tables import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the search found on its way."""

    best: Judgement | None
    refused: tuple[tuple[Candidate, Refusal], ...]
    """The candidates that were looked at before, and the others of the same version."""


def search(problem: Problem) -> Search:
    """Find the best candidate: builds of the kind that is wanted first, the others only where none of those serves."""
    runtimes = runtimes_for(problem)
    refused: list[tuple[Candidate, Refusal]] = []
    for is_wanted in (True, False):
        for release in problem.releases:
            serving = []
            for candidate, found in _judged(problem, release, runtimes, is_wanted=is_wanted):
                if isinstance(found, Refusal):
                    refused.append((candidate, found))
                else:
                    serving.append(found)
            if serving:
                return Search(best=max(serving, key=rank), refused=tuple(refused))
    return Search(best=None, refused=tuple(refused))


def serving(problem: Problem) -> Iterator[Judgement]:
    """Yield every candidate that serves the target, newest first."""
    runtimes = runtimes_for(problem)
    for release in problem.releases:
        for is_wanted in (True, False):
            for _, found in _judged(problem, release, runtimes, is_wanted=is_wanted):
                if not isinstance(found, Refusal):
                    yield found


def _judged(
    problem: Problem, release: Release, runtimes: Sequence[OnnxRuntimeBuild], *, is_wanted: bool
) -> Iterator[tuple[Candidate, Judgement | Refusal]]:
    """Judge the candidates of a release; requirements mostly speak of versions and are then asked once."""
    asks_each = not is_by_version(problem)
    excluded = None if asks_each else requirement_against(problem, release.builds[0])
    for candidate in candidates_of(problem, release):
        if is_first_choice(candidate, is_cpu=problem.target.is_cpu) is not is_wanted:
            continue
        refusal = requirement_against(problem, candidate.build) if asks_each else excluded
        yield candidate, refusal or judge(problem, candidate, runtimes)
