"""Tries every candidate and keeps those that serve the target, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Rejection
from gpuenv.resolve.judgement import judge
from gpuenv.resolve.listing import torch_candidates
from gpuenv.resolve.ranking import rank

if TYPE_CHECKING:
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the search over all candidates found."""

    serving: tuple[Judgement, ...]
    """Best first."""
    rejections: tuple[Rejection, ...]

    @property
    def best(self) -> Judgement | None:
        """The best candidate that serves the target, or None."""
        return self.serving[0] if self.serving else None


def search(problem: Problem) -> Search:
    """Judge every build of torch that any allowed source has."""
    serving = []
    rejections = []
    for candidate in torch_candidates(problem):
        found = judge(problem, candidate)
        if isinstance(found, Notice):
            rejections.append(Rejection(candidate=candidate, reason=found))
        else:
            serving.append(found)
    serving.sort(key=rank, reverse=True)
    return Search(serving=tuple(serving), rejections=tuple(rejections))
