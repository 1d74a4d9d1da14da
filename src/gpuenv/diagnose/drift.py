"""Finds which members of the GPU family others changed since gpuenv's last change, and which package asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from gpuenv.models.drift import Drift, DriftCause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.drift import RecordedState
    from gpuenv.models.environment import Environment, InstalledDistribution

_ONE_RUN_S: Final = 600.0
"""Distributions that were installed within so many seconds of each other may come from one run of an installer."""


def find_drift(recorded: RecordedState, environment: Environment) -> tuple[Drift, ...]:
    """Compare the family with what was recorded, by version with local label, sorted by project."""
    return tuple(
        _drift(project, version, environment.installed(project), recorded, environment)
        for project, version in sorted(recorded.pins.items())
        if _differs(version, environment.installed(project))
    )


def _differs(recorded: str, found: InstalledDistribution | None) -> bool:
    if found is None:
        return True
    try:
        return Version(recorded) != found.version
    except InvalidVersion:
        return recorded != str(found.version)


def _drift(
    project: str,
    version: str,
    found: InstalledDistribution | None,
    recorded: RecordedState,
    environment: Environment,
) -> Drift:
    newcomers = [
        other
        for other in environment.distributions
        if other.name not in recorded.pins and recorded.versions.get(other.name) != str(other.version)
    ]
    refusing = tuple(_causes(project, newcomers, refusing=version))
    near = [other for other in newcomers if _is_near(project, other, recorded)]
    return Drift(
        project=project,
        recorded=version,
        found=str(found.version) if found is not None else None,
        installer=found.installer if found is not None else None,
        causes=refusing or tuple(_causes(project, near, refusing=None)),
    )


def _causes(project: str, newcomers: list[InstalledDistribution], *, refusing: str | None) -> Iterator[DriftCause]:
    """List the newcomers that ask for the project; only those that the recorded version does not satisfy, if given."""
    for other in newcomers:
        for requirement in other.requires:
            if requirement.name.lower().replace("_", "-") != project:
                continue
            if refusing is None or not requirement.specifier.contains(refusing.partition("+")[0], prereleases=True):
                yield DriftCause(project=other.name, version=str(other.version), requirement=str(requirement))


def _is_near(project: str, other: InstalledDistribution, recorded: RecordedState) -> bool:
    """Whether both may have been installed by one run; what is gone tells no time."""
    times = [recorded.installed_at.get(name) for name in (project, other.name)]
    return times[0] is None or times[1] is None or abs(times[0] - times[1]) < _ONE_RUN_S
