"""Installs what a built wheel asks for and the environment lacks: nobody could tell before it was built."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import parse_wheel_filename

from gpuenv.detect.environment import read_again
from gpuenv.errors import GpuenvError
from gpuenv.install.closures.preview import preview_install
from gpuenv.install.executor import execute
from gpuenv.install.traces import without_traces
from gpuenv.models.environment import InstalledDistribution
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Plan
from gpuenv.models.resolution import Conflict
from gpuenv.rules.consistency import unmet, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gpuenv.install.change import Ongoing
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import LockedPackage
    from gpuenv.workflow.builds.place import Place
    from gpuenv.workflow.plan import Planned


def install_dependencies(
    wheel: Path, planned: Planned, place: Place, ongoing: Ongoing, after: list[Environment]
) -> tuple[Notice, ...]:
    """Install what is lacking, within the change; gives the problems that ended it, or nothing.

    What is installed already is never exchanged for it: that nobody was asked about. `after` gets the environment as
    it is then.
    """
    environment = after[-1]
    lacking = missing_requirements(wheel, environment)
    if not lacking:
        return ()
    place.reporter.stage("installing-dependencies", wheel=wheel.name, packages=", ".join(lacking))
    try:
        with without_traces(environment.root):
            additions = _additions(lacking, planned, place)
    except GpuenvError as error:
        return (Notice.of(error.code, **error.context),)
    other = tuple(found.project for found in additions if environment.installed(found.project) is not None)
    if other:
        return (Notice.of("built-needs-other-versions", wheel=wheel.name, packages=other, wanted=lacking),)

    def read() -> Environment:
        after.append(read_again(environment))
        return after[-1]

    steps = tuple(
        Install(project=found.project, version=found.version, reason=Notice.of("dependency")) for found in additions
    )
    record = execute(
        Plan(steps=steps),
        ongoing=ongoing,
        environment=environment,
        settings=place.settings,
        environ=place.surroundings.environ,
        read=read,
        reporter=place.reporter,
        is_offline=place.options.is_offline,
    )
    return record.problems


def missing_requirements(wheel: Path, environment: Environment) -> tuple[str, ...]:
    """List the requirements of a wheel that nothing in the environment meets."""
    name, version, _, _ = parse_wheel_filename(wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA"))
        requires = tuple(parse_requires(archive.read(metadata).decode("utf-8", "replace")))
    itself = InstalledDistribution(name=name, version=version, location=wheel, requires=requires)
    found = unmet((itself,), versions_of(environment), python=environment.python_version)
    return tuple(str(_without_marker(requirement)) for _, requirement, _ in found)


def parse_requires(metadata: str) -> Iterator[Requirement]:
    r"""Read the requirements of a METADATA file; what is none is left aside, as installers do.

    >>> [str(found) for found in parse_requires("Name: a\nRequires-Dist: addict\nRequires-Dist: 1=2\n\n")]
    ['addict']
    """
    for text in HeaderParser().parsestr(metadata).get_all("Requires-Dist", []):
        with suppress(InvalidRequirement):
            yield Requirement(text)


def _without_marker(requirement: Requirement) -> Requirement:
    plain = Requirement(str(requirement))
    plain.marker = None
    return plain


def _additions(lacking: Sequence[str], planned: Planned, place: Place) -> tuple[LockedPackage, ...]:
    resolution = planned.resolved.outcome
    if isinstance(resolution, Conflict):
        return ()
    return preview_install(
        resolution.pins,
        lacking,
        python=place.environment.python,
        kept=tuple(pin.project for pin in resolution.pins),
        constraints=resolution.constraints,
        excluded=resolution.excluded,
        settings=place.settings,
        environ=place.surroundings.environ,
        is_offline=place.options.is_offline,
        reporter=place.reporter,
    )
