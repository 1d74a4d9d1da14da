"""Rule 9: what works stays. Reads an environment as candidates and as requirements on the family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.index import PYTORCH_INDEX_URL, Source, SourceKind
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.resolution import Candidate
from gpuenv.rules.markers import marker_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.matrix import CompatibilityMatrix, TorchBuild
    from gpuenv.models.target import Target
    from gpuenv.resolve.problem import Problem


def installed_candidate(environment: Environment, target: Target, matrix: CompatibilityMatrix) -> Candidate | None:
    """Recognise the installed torch as a build of the matrix; None where there is none, or none that it knows."""
    found = environment.installed("torch")
    if found is None or found.problems:
        return None
    build = _build_of(found, target, matrix)
    if build is None:
        return None
    if found.version.local:
        return Candidate(build=build, source=Source(kind=SourceKind.PYTORCH, location=PYTORCH_INDEX_URL))
    return Candidate(build=build, source=Source(kind=SourceKind.PYPI))


def moves(problem: Problem, project: str) -> bool:
    """Tell whether a member is to be the newest, so that what is installed of it does not count as working already.

    A torchvision or torchaudio that is not the newest takes torch with it: each belongs to one release of torch.
    """
    request = problem.request
    if request.upgrade or project in request.upgraded:
        return True
    return project == "torch" and any(_is_outdated(problem, name) for name in request.upgraded)


def _is_outdated(problem: Problem, companion: str) -> bool:
    found = problem.environment.installed(canonicalize_name(companion)) if problem.environment is not None else None
    releases = (release.version for release in problem.matrix.companions if release.project == companion)
    return found is not None and Version(found.version.public) < max(releases, default=found.version)


def family_requirements(environment: Environment) -> Mapping[str, SpecifierSet]:
    """Gather what the packages outside the family require of its members, by project.

    Only requirements without extras whose markers apply; each package speaks for itself.
    """
    gathered: dict[str, SpecifierSet] = {}
    here = marker_variables(environment.platform, environment.python_version)
    for distribution in environment.distributions:
        if distribution.name in GPU_FAMILY:
            continue
        for requirement in distribution.requires:
            if requirement.name not in GPU_FAMILY or not requirement.specifier:
                continue
            if requirement.marker is not None and not requirement.marker.evaluate(here):
                continue
            gathered[requirement.name] = gathered.get(requirement.name, SpecifierSet()) & requirement.specifier
    return gathered


def _build_of(distribution: InstalledDistribution, target: Target, matrix: CompatibilityMatrix) -> TorchBuild | None:
    public = Version(distribution.version.public)
    same = [build for build in matrix.torch if build.version == public and build.platform == target.platform.name]
    local, tag = distribution.version.local, distribution.build_tag
    if local is not None:
        own = (build for build in same if build.local == local)
        return next(own, None) or next((build for build in same if build.tag == local), None)
    if tag is not None:
        return next((build for build in same if build.tag == tag), None)
    return next((build for build in same if build.on_pypi), None)
