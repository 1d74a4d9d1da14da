"""Which requirements of installed distributions are not met, by the versions that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.requirements import Requirement
    from packaging.version import Version

    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.platform import PythonVersion

STAND_INS: Final = {"onnxruntime": "onnxruntime-gpu"}
"""Projects that another one replaces whole, so that it meets requirements on them: same folder, same versions."""


def unmet(
    distributions: Iterable[InstalledDistribution], versions: Mapping[str, Version], *, python: PythonVersion
) -> Iterator[tuple[InstalledDistribution, Requirement, Version | None]]:
    """Yield what does not fit: who requires it, what is required, and the version that is there (None: nothing).

    `versions` are those to judge by, by canonical name; `python` is the environment's. Requirements of extras are not
    known to anybody.
    """
    version = f"{python.major}.{python.minor}"
    here = {"extra": "", "python_version": version, "python_full_version": f"{version}.0"}
    for distribution in distributions:
        for requirement in distribution.requires:
            if requirement.marker is not None and not requirement.marker.evaluate(here):
                continue
            found = version_for(requirement.name, versions)
            if found is None or not (requirement.url or requirement.specifier.contains(found, prereleases=True)):
                yield distribution, requirement, found


def version_for(project: str, versions: Mapping[str, Version]) -> Version | None:
    """The version that meets requirements on a project: its own, else that of its stand-in."""
    name = canonicalize_name(project)
    return versions.get(name) or versions.get(STAND_INS.get(name, name))


def versions_of(environment: Environment) -> dict[str, Version]:
    """The versions that packages of an environment find there, by canonical name."""
    return {found.name: found.version for found in (*environment.outer, *environment.distributions)}
