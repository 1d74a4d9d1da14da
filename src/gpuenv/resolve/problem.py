"""One question to the resolver: what is asked, for which machine, by which data, in which environment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from gpuenv.resolve.installed import family_requirements
from gpuenv.resolve.nightly import nightly_builds
from gpuenv.resolve.tables import make_tables, releases_of
from gpuenv.rules.driver import read_driver
from gpuenv.rules.wheel_tags import supported_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.specifiers import SpecifierSet
    from packaging.tags import Tag

    from gpuenv.models.cuda import ComputeCapability, CudaVersion
    from gpuenv.models.environment import Environment
    from gpuenv.models.index import ProjectPage, Source
    from gpuenv.models.matrix import ArchitectureRow, CompatibilityMatrix
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target
    from gpuenv.resolve.tables import Release, Tables
    from gpuenv.rules.driver import DriverReading

PageKey = tuple["Source", "str | None", str]
"""Source, CUDA tag below it, project: what a page of an index is found by."""

Limit = Literal["driver", "python", "requirements", "installed", "sources", "onnxruntime"]
"""What can be left aside to find out whether it is what stands in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything that a resolution depends on."""

    request: Request
    target: Target
    tables: Tables
    releases: tuple[Release, ...]
    """The releases for the target's platform, newest first; with nightly ones where those were asked for."""
    architectures: Mapping[ComputeCapability, ArchitectureRow]
    """The rows of the target's GPUs; a GPU newer than the matrix has none."""
    driver_reading: DriverReading | None = None
    environment: Environment | None = None
    pages: Mapping[PageKey, ProjectPage] = field(default_factory=dict)
    """The index pages that were read. A page that was not read is taken to list what the matrix says."""
    wheel_tags: frozenset[Tag] = frozenset()
    """Tags that the target's Python accepts; needed as soon as there are pages."""
    installed_specifiers: Mapping[str, SpecifierSet] = field(default_factory=dict)
    """What the other installed packages require of the family, by project."""
    ignored: frozenset[Limit] = frozenset()
    keeps: bool = False
    """Whether the installed build of torch stays: what pairs with it then stays too."""

    @property
    def matrix(self) -> CompatibilityMatrix:
        """The data that decides."""
        return self.tables.matrix

    @property
    def driver(self) -> DriverReading | None:
        """What the target's driver can load; None where no driver was stated."""
        return None if "driver" in self.ignored else self.driver_reading

    @property
    def driver_cuda(self) -> CudaVersion | None:
        """The CUDA version that the target's driver speaks; None where no driver was stated."""
        return self.driver.cuda if self.driver is not None else None

    def ignoring(self, *limits: Limit) -> Problem:
        """Leave limits aside."""
        return replace(self, ignored=self.ignored.union(limits))


def make_problem(
    request: Request,
    target: Target,
    matrix: CompatibilityMatrix,
    *,
    environment: Environment | None = None,
    pages: Mapping[PageKey, ProjectPage] | None = None,
    tables: Tables | None = None,
) -> Problem:
    """Put together what a resolution depends on, with what can be worked out once for all candidates."""
    tables = tables or make_tables(matrix)
    capabilities = {capability for gpu in target.gpus for capability in gpu.capabilities}
    releases = tables.releases.get(target.platform.name, ())
    if request.channel == "nightly" and pages:
        nightly = nightly_builds(matrix, target, pages.values())
        releases = releases_of((*nightly, *(build for release in releases for build in release.builds)))
    return Problem(
        request=request,
        target=target,
        tables=tables,
        releases=releases,
        architectures={
            capability: tables.architectures[capability]
            for capability in sorted(capabilities)
            if capability in tables.architectures
        },
        driver_reading=read_driver(target.driver, target.platform, matrix.cuda) if target.driver else None,
        environment=environment,
        pages=pages or {},
        wheel_tags=supported_tags(target.platform, target.python) if pages else frozenset(),
        installed_specifiers=family_requirements(environment) if environment is not None else {},
    )
