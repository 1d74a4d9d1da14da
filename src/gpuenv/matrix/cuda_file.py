"""Reads `cuda.toml`: toolkits, the drivers they need, the architectures they compile for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.matrix.sources import Sources
from gpuenv.matrix.values import parse_code_set
from gpuenv.models.cuda import CudaVersion, DriverVersion
from gpuenv.models.matrix import CudaRelease
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.matrix.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class CudaFile:
    """What `cuda.toml` holds."""

    releases: tuple[CudaRelease, ...]
    unused_sources: tuple[str, ...]


def parse_cuda(root: Table) -> CudaFile:
    """Give `cuda.toml` its meaning; `matrix-invalid` for anything that has none.

    [floor.12]
    linux = "525.60.13"
    windows = "527.41"
    source = "minor-version"

    [[toolkit]]
    version = "12.8"
    driver_linux = "570.26"
    driver_windows = "570.65"
    architectures = "50 52 90 100 120"
    source = "toolkit-12.8"
    """
    sources = Sources(root)
    floors = _floors(root.table("floor"), sources)
    releases: list[CudaRelease] = []
    for row in root.tables("toolkit"):
        version = row.read("version", CudaVersion.parse)
        if version.major not in floors:
            raise row.error("version", "bad-value", f"{version} without [floor.{version.major}]")
        linux, windows = floors[version.major]
        releases.append(
            CudaRelease(
                version=version,
                driver_linux=row.optional("driver_linux", DriverVersion.parse),
                driver_windows=row.optional("driver_windows", DriverVersion.parse),
                floor_linux=linux,
                floor_windows=windows,
                architectures=tuple(sorted(row.read("architectures", parse_code_set))),
                provenance=sources.of(row),
            )
        )
        row.finish()
    root.finish()
    return CudaFile(
        releases=tuple(sorted(releases, key=lambda release: release.version)), unused_sources=sources.unused
    )


def _floors(table: Table, sources: Sources) -> dict[int, tuple[DriverVersion, DriverVersion]]:
    floors: dict[int, tuple[DriverVersion, DriverVersion]] = {}
    for key in table.keys():  # noqa: SIM118 - a Table is no mapping
        if not key.isdecimal():
            raise table.error(key, "bad-value", key)
        row = table.table(key)
        floors[int(key)] = (row.read("linux", DriverVersion.parse), row.read("windows", DriverVersion.parse))
        sources.of(row)
        row.finish()
    return floors
