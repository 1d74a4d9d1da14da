"""One question to the resolver: what is asked, for which machine, by which data, in which environment."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal

from gpuenv.models.hardware import Driver, Probe
from gpuenv.models.value import dataclass
from gpuenv.resolve.installed import family_requirements
from gpuenv.resolve.nightly import nightly_builds
from gpuenv.resolve.tables import make_tables, tiers_of
from gpuenv.rules.driver import read_driver
from gpuenv.rules.wheel_tags import supported_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.specifiers import SpecifierSet
    from packaging.tags import Tag

    from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
    from gpuenv.models.environment import Environment
    from gpuenv.models.extension import Pairing
    from gpuenv.models.index import ProjectPage, Source
    from gpuenv.models.matrix import ArchitectureRow, CompatibilityMatrix
    from gpuenv.models.platform import PythonVersion
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target
    from gpuenv.resolve.judgement import Service
    from gpuenv.resolve.refusal import Refusal
    from gpuenv.resolve.tables import Tables, Tiers
    from gpuenv.rules.driver import DriverReading

PageKey = tuple["Source", "str | None", str]
"""Source, CUDA tag below it, project: what a page of an index is found by."""

Limit = Literal[
    "driver", "python", "requirements", "installed", "sources", "onnxruntime", "glibc", "extensions", "wheels"
]
"""What can be left aside to find out whether it is what stands in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything that a resolution depends on."""

    request: Request
    target: Target
    tables: Tables
    tiers: Tiers
    """The releases for the target's platform, with nightly ones where those were asked for."""
    architectures: Mapping[ComputeCapability, ArchitectureRow]
    """The rows of the target's GPUs; a GPU newer than the matrix has none."""
    driver_reading: DriverReading | None = None
    environment: Environment | None = None
    pages: Mapping[PageKey, ProjectPage] = field(default_factory=dict)
    """The index pages that were read. A page that was not read is taken to list what the matrix says."""
    glibc: tuple[int, int] | None = None
    """Of the target; None where there is none, as on Windows."""
    wheel_tags: frozenset[Tag] = frozenset()
    """Tags that the target's Python accepts; needed as soon as there are pages."""
    installed_specifiers: Mapping[str, SpecifierSet] = field(default_factory=dict)
    """What the other installed packages require of the family, by project."""
    installed_pairings: tuple[Pairing, ...] = ()
    """The extensions that are installed, and which torch each was built for."""
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

    @property
    def services(self) -> dict[int, Service | Refusal]:
        """How code sets serve this target, as far as that was asked: shared by all questions about it."""
        driver = self.driver
        known = (driver.version, driver.cuda, driver.by_table) if driver is not None else (None, None, None)
        question = (self.target.gpus, self.target.platform.driver_system, *known)
        return self.tables.services.setdefault(question, {})

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
    tiers = (tables.cpu_tiers if target.is_cpu else tables.gpu_tiers).get(target.platform.name, ())
    if request.channel == "nightly" and pages:
        stable = (build for release in tables.releases.get(target.platform.name, ()) for build in release.builds)
        tiers = tiers_of((*nightly_builds(matrix, target, pages.values()), *stable), tables.codes, is_cpu=target.is_cpu)
    return Problem(
        request=request,
        target=target,
        tables=tables,
        tiers=tiers,
        architectures={
            capability: tables.architectures[capability]
            for capability in sorted(capabilities)
            if capability in tables.architectures
        },
        driver_reading=read_driver(target.driver, target.platform, matrix.cuda) if target.driver else None,
        environment=environment,
        pages=pages or {},
        glibc=target.platform.effective_glibc,
        wheel_tags=supported_tags(target.platform, target.python) if pages else frozenset(),
        installed_specifiers=family_requirements(environment) if environment is not None else {},
        installed_pairings=_installed_pairings(request, environment, matrix),
    )


def _installed_pairings(
    request: Request, environment: Environment | None, matrix: CompatibilityMatrix
) -> tuple[Pairing, ...]:
    if environment is None:
        return ()
    from gpuenv.resolve.installed_extensions import installed_pairings  # noqa: PLC0415 - where there is an environment

    return installed_pairings(request, environment, matrix)


def with_python(problem: Problem, python: PythonVersion) -> Problem:
    """Ask the same for another Python."""
    target = replace(problem.target, python=python)
    tags = supported_tags(target.platform, python) if problem.pages else frozenset()
    return replace(problem, target=target, wheel_tags=tags)


def nearest_pythons(problem: Problem) -> list[PythonVersion]:
    """List the Pythons that builds start or end with, the nearest to the target's first."""
    here = problem.target.python
    versions = problem.tables.pythons.get(problem.target.platform.name, ())
    return sorted(versions, key=lambda version: (abs(version.minor - here.minor), version.minor))


def with_driver(problem: Problem, version: DriverVersion) -> Problem:
    """Ask the same for another driver, which then limits."""
    driver = Driver(version=version, cuda_version=None, probe=Probe.DESCRIBED)
    target = replace(problem.target, driver=driver)
    return replace(
        problem,
        target=target,
        driver_reading=read_driver(driver, target.platform, problem.matrix.cuda),
        ignored=problem.ignored - {"driver"},
    )
