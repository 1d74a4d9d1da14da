"""Finds the releases that serve nearest to the one that was asked for: a project that pins 2.3 moves no further."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.resolve.ranking import is_first_choice, rank
from gpuenv.resolve.search import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Problem


def nearest(asked: Problem, freed: Problem, best: Judgement) -> Iterator[Judgement]:
    """Give the nearest newer release that serves and the nearest older one, each in its last patch.

    `freed` is the problem `asked` without its requirements, `best` what it gives: that is not named again.
    """
    bounds = _asked_for(asked)
    if bounds is None:
        return
    oldest, newest = bounds
    judged = list(serving(freed))
    newer = [found for found in judged if found.candidate.build.version > newest]
    older = [found for found in judged if found.candidate.build.version < oldest]
    said = best.candidate.build.version
    if newer:
        found = _last_patch(newer, min(map(_release, newer)), asked)
        if found.candidate.build.version != said:
            yield found
    if older:
        found = _last_patch(older, max(map(_release, older)), asked)
        if found.candidate.build.version != said:
            yield found


def _asked_for(problem: Problem) -> tuple[Version, Version] | None:
    """Tell the oldest and the newest release that the requirement of torch admits; None where it has no limit."""
    asked = problem.request.requirement("torch")
    if asked is None or not asked.specifier:
        return None
    known = {release.builds[0].version for tier in problem.tiers for release in tier}
    admitted = sorted(version for version in known if asked.specifier.contains(version.public, prereleases=True))
    if not admitted:  # a release that the matrix does not know
        admitted = sorted(Version(found.version.removesuffix(".*")) for found in asked.specifier)
    return admitted[0], admitted[-1]


def _release(judged: Judgement) -> tuple[int, int]:
    version = judged.candidate.build.version
    return version.major, version.minor


def _last_patch(judged: list[Judgement], release: tuple[int, int], problem: Problem) -> Judgement:
    """Choose the last patch of a release, and of its builds as everywhere: official ones first, then by rank."""
    return max(
        (found for found in judged if _release(found) == release),
        key=lambda found: (
            found.candidate.build.version,
            is_first_choice(found.candidate, is_cpu=problem.target.is_cpu),
            rank(found),
        ),
    )
