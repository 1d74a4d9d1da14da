"""Pairs torchvision and torchaudio with a build of torch (rule 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.models.index import SourceKind
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Pin
from gpuenv.resolve.listing import installable, page

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from gpuenv.models.matrix import CompanionRelease
    from gpuenv.models.resolution import Candidate
    from gpuenv.resolve.problem import Problem

COMPANIONS = ("torchvision", "torchaudio")


def companion_pins(problem: Problem, candidate: Candidate) -> tuple[tuple[Pin, ...], tuple[str, ...]] | Notice:
    """Choose the companions that were asked for; those that are optional may be missing.

    Returns the pins and the optional projects without one, or the rejection of the candidate.
    """
    pins: list[Pin] = []
    missing: list[str] = []
    for project in COMPANIONS:
        requirement = problem.request.requirement(project)
        if requirement is None:
            continue
        pin = _pair(problem, candidate, project, requirement)
        if pin is not None:
            pins.append(pin)
        elif project in problem.request.optional:
            missing.append(project)
        else:
            return Notice.of("no-companion", build=candidate.build.label, project=project, requirement=str(requirement))
    return tuple(pins), tuple(missing)


def _pair(problem: Problem, candidate: Candidate, project: str, requirement: Requirement) -> Pin | None:
    """Take the newest release that pairs with the build and that the same source has."""
    releases = sorted(
        (row for row in problem.matrix.companions if row.project == project), key=lambda row: row.version, reverse=True
    )
    for release in releases:
        if not release.torch.contains(candidate.build.version, prereleases=True):
            continue
        if "requirements" not in problem.ignored and not requirement.specifier.contains(
            release.version, prereleases=True
        ):
            continue
        version = _version_at_source(problem, candidate, release)
        if version is not None:
            return Pin(
                project=project,
                version=version,
                tag=candidate.build.tag,
                source=candidate.source,
                evidence=release.provenance.evidence,
            )
    return None


def _version_at_source(problem: Problem, candidate: Candidate, release: CompanionRelease) -> Version | None:
    """Name the version under which the candidate's source has a release for the same CUDA tag."""
    build = candidate.build
    listed = page(problem, candidate.source, build.tag, release.project)
    label = build.local or build.tag.removeprefix("nightly/")
    names = [Version(f"{release.version}+{label}"), release.version]
    if listed is not None:
        return next((name for name in names if installable(problem, listed, name) is not None), None)
    match candidate.source.kind:
        case SourceKind.PYPI:
            return release.version if release.on_pypi else None
        case SourceKind.PYTORCH:
            if release.tags and build.tag not in release.tags:
                return None
            return names[1] if build.local is None else names[0]
        case SourceKind.FIND_LINKS:
            return None
