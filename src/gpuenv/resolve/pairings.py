"""What extensions ask of torch: which builds each of those that were asked for goes with (rule 6)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement

from gpuenv.models.index import SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gpuenv.models.extension import Pairing
    from gpuenv.models.matrix import TorchBuild
    from gpuenv.models.notice import Notice
    from gpuenv.resolve.problem import Problem

_SHOWN: Final = 3
"""How many releases a sentence names."""


def pairings_that_hold(problem: Problem) -> tuple[Pairing, ...]:
    """List the extensions that limit the choice of torch, asked for or installed, as far as they are not left aside.

    What can be compiled for any torch limits only the choice of a new one: what works stays (rule 9).
    """
    if problem.target.is_cpu or not (problem.request.pairings or problem.installed_pairings):
        return ()
    held = {False: "wheels" not in problem.ignored and not problem.keeps, True: "extensions" not in problem.ignored}
    asked = tuple(found for found in problem.request.pairings if found.releases and held[found.is_binding])
    return asked if "installed" in problem.ignored else (*asked, *problem.installed_pairings)


def wheels_first(
    attempts: Iterable[tuple[Problem, tuple[Notice, ...]]],
) -> Iterator[tuple[Problem, tuple[Notice, ...]]]:
    """Try each first with the torches that all extensions have wheels for, and then with those to compile for."""
    for attempt, caveats in attempts:
        yield attempt, caveats
        if any(not found.is_binding for found in pairings_that_hold(attempt)):
            yield attempt.ignoring("wheels"), caveats


def reads_pytorch_index(problem: Problem) -> bool:
    """Whether wheels of extensions may come from PyTorch's index, or from a mirror of it."""
    is_allowed = any(source.kind is SourceKind.PYTORCH for source in problem.request.sources)
    return is_allowed or "sources" in problem.ignored


def refusing(problem: Problem, build: TorchBuild) -> tuple[Pairing, ...]:
    """List the extensions that do not go with a build."""
    is_index_read = reads_pytorch_index(problem)
    return tuple(
        found
        for found in pairings_that_hold(problem)
        if found.release_for(build.version, build.tag, is_index_read=is_index_read) is None
    )


def goes_with(problem: Problem, package: str | None = None) -> tuple[str, ...]:
    """Name the torches that an extension, or all that bind, go with, the newest first; with CUDA tags if limited."""
    is_index_read = reads_pytorch_index(problem)
    pairings = (
        found
        for found in (*problem.request.pairings, *problem.installed_pairings)
        if (found.is_binding if package is None else found.package == package)
    )
    releases = (release for pairing in pairings for release in pairing.releases)
    texts = (
        f"{release.torch} ({', '.join((*release.tags, *(release.page_tags if is_index_read else ())))})"
        if release.tags
        else str(release.torch)
        for release in releases
    )
    found = tuple(dict.fromkeys(texts))
    return found if len(found) <= _SHOWN else (*found[:_SHOWN], "...")


def companion_limits(problem: Problem, build: TorchBuild, project: str) -> Iterator[Requirement]:
    """List what the extensions require of another member of the family beside a build of torch."""
    pairings = pairings_that_hold(problem)
    is_index_read = bool(pairings) and reads_pytorch_index(problem)
    for pairing in pairings:
        release = pairing.release_for(build.version, build.tag, is_index_read=is_index_read)
        yield from (found for found in (release.beside if release else ()) if found.name == project)


def with_other_releases(problem: Problem) -> Problem:
    """Ask for any release of the extensions that bind, in place of those that were asked for."""
    pairings = tuple(replace(found, releases=found.known or found.releases) for found in problem.request.pairings)
    return replace(problem, request=replace(problem.request, pairings=pairings))


def other_releases(asked: Problem, freed: Problem, build: TorchBuild) -> tuple[tuple[str, str | None], ...]:
    """Tell what to ask for in place of the extensions that refuse a build: another release, or None for none at all."""
    is_index_read = reads_pytorch_index(freed)
    found: list[tuple[str, str | None]] = []
    for pairing in refusing(asked, build):
        release = next(
            (one for one in pairing.known if one.admits(build.version, build.tag, is_index_read=is_index_read)), None
        )
        name = str(_unlimited(pairing.requirement))
        instead = f"{name}=={release.version}" if release and "extensions" not in freed.ignored else None
        found.append((pairing.package, instead))
    return tuple(found)


def _unlimited(requirement: Requirement) -> Requirement:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return Requirement(f"{requirement.name}{extras}")
