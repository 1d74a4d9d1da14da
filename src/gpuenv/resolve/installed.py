"""Rule 9: what works stays. Reads an environment as candidates and as requirements on the family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.models.index import PYTORCH_INDEX_URL, Source, SourceKind
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.resolution import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.matrix import CompatibilityMatrix, TorchBuild
    from gpuenv.models.target import Target


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


def family_requirements(environment: Environment) -> Mapping[str, SpecifierSet]:
    """Gather what the packages outside the family require of its members, by project.

    Only requirements without extras whose markers apply; each package speaks for itself.
    """
    gathered: dict[str, SpecifierSet] = {}
    for distribution in environment.distributions:
        if distribution.name in GPU_FAMILY:
            continue
        for requirement in distribution.requires:
            if requirement.name not in GPU_FAMILY or not requirement.specifier:
                continue
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
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
