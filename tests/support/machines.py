"""Described machines and requests, short to write: what the tests of `rules` and `resolve` ask about."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from packaging.requirements import Requirement

from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.hardware import Driver, Gpu, Probe
from gpuenv.models.index import PYTORCH_INDEX_URL, Source, SourceKind
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.request import IndexPolicy, Request
from gpuenv.models.target import Target
from gpuenv.resolve.tables import make_tables
from gpuenv.workflow.resolving.pairings import pairing_of

if TYPE_CHECKING:
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.platform import PlatformName
    from gpuenv.resolve.tables import Tables

PYTORCH = Source(kind=SourceKind.PYTORCH, location=PYTORCH_INDEX_URL)
PYPI = Source(kind=SourceKind.PYPI)

_SOURCES = {
    IndexPolicy.AUTO: (PYTORCH, PYPI),
    IndexPolicy.PYTORCH: (PYTORCH,),
    IndexPolicy.PYPI: (PYPI,),
}


@cache
def tables() -> Tables:
    """Put the packaged matrix in order once."""
    return make_tables(matrix())


@cache
def matrix() -> CompatibilityMatrix:
    """Load the packaged matrix once."""
    return load_matrix(None, cwd=Path.cwd())


def gpu(capability: str, *, index: int | None = None, uuid: str | None = None) -> Gpu:
    """Describe a GPU by its capability, `12.0`."""
    parsed = ComputeCapability.parse(capability)
    return Gpu(name=parsed.sm, capabilities=(parsed,), probe=Probe.DESCRIBED, index=index, uuid=uuid)


def target(
    *capabilities: str,
    driver: str | None = None,
    driver_cuda: str | None = None,
    platform: PlatformName = "linux-x86_64",
    python: str = "3.12",
    is_wsl: bool = False,
    glibc: tuple[int, int] | None = None,
    origin: Literal["detected", "described"] = "described",
) -> Target:
    """Describe a machine; without capabilities a CPU target."""
    stated = None
    if driver is not None or driver_cuda is not None:
        stated = Driver(
            version=DriverVersion.parse(driver) if driver else None,
            cuda_version=CudaVersion.parse(driver_cuda) if driver_cuda else None,
            probe=Probe.DESCRIBED,
        )
    return Target(
        gpus=tuple(gpu(capability, index=index) for index, capability in enumerate(capabilities)),
        driver=stated,
        platform=Platform(name=platform, glibc=glibc or Platform(name=platform).effective_glibc, is_wsl=is_wsl),
        python=PythonVersion.parse(python),
        origin=origin,
    )


def request(
    *requirements: str,
    policy: IndexPolicy = IndexPolicy.AUTO,
    optional: frozenset[str] = frozenset(),
    upgrade: bool = False,
    upgraded: frozenset[str] = frozenset(),
) -> Request:
    """Ask for some members of the family; torch without any."""
    return Request(
        requirements=tuple(Requirement(text) for text in requirements or ("torch",)),
        optional=optional,
        policy=policy,
        sources=_SOURCES[policy],
        upgrade=upgrade,
        upgraded=upgraded,
    )


def request_for(machine: Target, *requirements: str, policy: IndexPolicy = IndexPolicy.AUTO) -> Request:
    """Ask for members of the family and for extensions, which ask for torch themselves."""
    rows = {row.package: row for row in matrix().extensions}
    found = [Requirement(text) for text in requirements or ("torch",)]
    family = [str(one) for one in found if one.name not in rows]
    if len(family) < len(found) and not any(one.name == "torch" for one in found):
        family.insert(0, "torch")
    pairings = tuple(pairing_of(one, rows[one.name], machine) for one in found if one.name in rows)
    return replace(request(*family, policy=policy), pairings=pairings)
