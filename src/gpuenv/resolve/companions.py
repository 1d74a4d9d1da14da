"""Pairs torchvision and torchaudio with a build of torch (rule 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.models.index import SourceKind
from gpuenv.models.resolution import Pin
from gpuenv.resolve.installed import moves
from gpuenv.resolve.listing import installable, page
from gpuenv.resolve.pairings import companion_limits
from gpuenv.resolve.refusal import Refusal
from gpuenv.resolve.requirements import asked_extras

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.requirements import Requirement

    from gpuenv.models.environment import InstalledDistribution
    from gpuenv.models.matrix import CompanionRelease, Evidence
    from gpuenv.models.resolution import Candidate
    from gpuenv.resolve.problem import Problem

COMPANIONS = ("torchvision", "torchaudio")


def companion_pins(problem: Problem, candidate: Candidate) -> tuple[tuple[Pin, ...], tuple[str, ...]] | Refusal:
    """Choose the companions that were asked for; those that are optional may be missing.

    Returns the pins and the optional projects without one, or why the candidate is refused.
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
            return Refusal(code="no-companion", project=project, requirement=str(requirement))
    return tuple(pins), tuple(missing)


def _pair(problem: Problem, candidate: Candidate, project: str, requirement: Requirement) -> Pin | None:
    """Take the installed release where torch stays and it pairs; else the newest that pairs and its source has."""
    if problem.keeps and not moves(problem, project):
        kept = _installed(problem, candidate, project)
        if kept is not None and _is_admitted(problem, candidate, requirement, kept.version):
            return kept
    for version, evidence in _offers(problem, candidate, project):
        if _is_admitted(problem, candidate, requirement, version):
            return Pin(
                project=project,
                version=version,
                tag=candidate.build.tag,
                source=candidate.source,
                evidence=evidence,
                extras=asked_extras(problem, project),
            )
    return None


def _installed(problem: Problem, candidate: Candidate, project: str) -> Pin | None:
    """Find the installed companion if it pairs with the build: by its version, and by its CUDA tag where it tells."""
    found = problem.environment.installed(project) if problem.environment is not None else None
    if found is None or found.problems:
        return None
    build = candidate.build
    tag = found.version.local or found.build_tag
    if tag is not None and tag not in {build.tag.removeprefix("nightly/"), build.local}:
        return None
    evidence = _evidence_of_pair(problem, candidate, project, found)
    if evidence is None:
        return None
    return Pin(
        project=project,
        version=found.version,
        tag=build.tag,
        source=candidate.source,
        evidence=evidence,
        extras=asked_extras(problem, project),
    )


def _evidence_of_pair(
    problem: Problem, candidate: Candidate, project: str, found: InstalledDistribution
) -> Evidence | None:
    """Tell how it is known that an installed companion pairs: by the matrix, else by what it requires itself."""
    build = candidate.build
    for release in problem.tables.pairs(project, build.version):
        if str(release.version) == found.version.public:
            return release.provenance.evidence
    required = next((requirement for requirement in found.requires if requirement.name == "torch"), None)
    if required is not None and required.specifier and required.specifier.contains(build.version, prereleases=True):
        return build.provenance.evidence
    return None


def _offers(problem: Problem, candidate: Candidate, project: str) -> Iterator[tuple[Version, Evidence]]:
    """List what pairs with a build at its source, newest first."""
    build = candidate.build
    if build.is_nightly:
        for version in _of_the_same_night(problem, candidate, project):
            yield version, build.provenance.evidence
        return
    named = tuple(_named_by_extensions(problem, candidate, project))
    for release in (*named, *problem.tables.pairs(project, build.version)):
        found = _version_at_source(problem, candidate, release)
        if found is not None:
            yield found, release.provenance.evidence


def _named_by_extensions(problem: Problem, candidate: Candidate, project: str) -> Iterator[CompanionRelease]:
    """List what an extension names exactly: vllm pairs the last torchaudio with newer torches than it was made for."""
    build = candidate.build
    exact = {str(limit.specifier) for limit in companion_limits(problem, build, project)}
    for release in problem.matrix.companions if exact else ():
        if release.project == project and f"=={release.version}" in exact:
            made_for = (other for other in problem.matrix.torch if release.torch.contains(other.version))
            if any(other.tag == build.tag for other in made_for):
                yield release


def _is_admitted(problem: Problem, candidate: Candidate, requirement: Requirement, version: Version) -> bool:
    """By what was asked for, by the extensions, and by what the other installed packages require."""
    by_extensions = companion_limits(problem, candidate.build, requirement.name)
    if not all(limit.specifier.contains(version, prereleases=True) for limit in by_extensions):
        return False
    by_others = problem.installed_specifiers.get(requirement.name)
    if (
        "installed" not in problem.ignored
        and by_others is not None
        and not by_others.contains(version, prereleases=True)
    ):
        return False
    if "requirements" in problem.ignored or not requirement.specifier:
        return True
    return requirement.specifier.contains(version, prereleases=True)


def _of_the_same_night(problem: Problem, candidate: Candidate, project: str) -> Iterator[Version]:
    """Nightly builds pair by their date, and only an index page tells which there are.

    Where the page shares no date at all with torch's, the nearest that is not newer is taken.
    """
    build = candidate.build
    listed = page(problem, candidate.source, build.tag, project)
    if listed is None or build.version.dev is None:
        return
    alike = [
        version
        for version in sorted({wheel.version for wheel in listed.wheels}, reverse=True)
        if version.local == build.local and version.dev is not None and installable(problem, listed, version)
    ]
    yield from (version for version in alike if version.dev == build.version.dev)
    if not _dates(problem, candidate) & {version.dev for version in alike}:
        yield from (version for version in alike if (version.dev or 0) < build.version.dev)


def _dates(problem: Problem, candidate: Candidate) -> set[int | None]:
    """List the dates of the torch builds on a nightly page that the target installs."""
    listed = page(problem, candidate.source, candidate.build.tag, "torch")
    if listed is None:
        return {candidate.build.version.dev}
    return {wheel.version.dev for wheel in listed.wheels if installable(problem, listed, wheel.version) is not None}


def _version_at_source(problem: Problem, candidate: Candidate, release: CompanionRelease) -> Version | None:
    """Name the version under which the candidate's source has a release for the same CUDA tag."""
    build = candidate.build
    listed = page(problem, candidate.source, build.tag, release.project)
    if listed is None and candidate.source.kind is SourceKind.PYPI:
        return release.version if release.on_pypi else None
    label = build.local or build.tag
    names = [Version(f"{release.version}+{label}"), release.version]
    if listed is not None:
        return next((name for name in names if installable(problem, listed, name) is not None), None)
    if candidate.source.kind is SourceKind.FIND_LINKS or (release.tags and build.tag not in release.tags):
        return None
    return names[1] if build.local is None else names[0]
