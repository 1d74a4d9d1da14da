"""Reads `architectures.toml`: what each compute capability needs, and the first drivers seen to list some cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.matrix.sources import Sources
from gpuenv.matrix.values import parse_version
from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.matrix import ArchitectureRow, FirstSeen
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.matrix.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchitecturesFile:
    """What `architectures.toml` holds."""

    rows: tuple[ArchitectureRow, ...]
    first_seen: tuple[FirstSeen, ...]
    unused_sources: tuple[str, ...]


def parse_architectures(root: Table) -> ArchitecturesFile:
    """Give `architectures.toml` its meaning; `matrix-invalid` for anything that has none.

    [[architecture]]
    capability = "12.0"
    generation = "Blackwell"
    minimum_cuda = "12.8"
    minimum_driver_branch = 570
    minimum_cudnn = "9.7.0"
    open_kernel_module_only = true
    source = "toolkits driver-570"

    [[first_seen]]
    driver_linux = "570.124.04"
    gpus = ["NVIDIA GeForce RTX 5070 Ti", "NVIDIA GeForce RTX 5070"]
    source = "first-seen"
    """
    sources = Sources(root)
    rows: dict[ComputeCapability, ArchitectureRow] = {}
    for table in root.tables("architecture"):
        capability = table.read("capability", ComputeCapability.parse)
        if capability in rows:
            raise table.error("capability", "duplicate", capability)
        rows[capability] = ArchitectureRow(
            capability=capability,
            generation=table.text("generation"),
            minimum_cuda=table.read("minimum_cuda", CudaVersion.parse),
            maximum_cuda=table.optional("maximum_cuda", CudaVersion.parse),
            minimum_driver_branch=table.optional_number("minimum_driver_branch"),
            maximum_driver_branch=table.optional_number("maximum_driver_branch"),
            minimum_cudnn=table.optional("minimum_cudnn", parse_version),
            maximum_cudnn=table.optional("maximum_cudnn", parse_version),
            open_kernel_module_only=table.flag("open_kernel_module_only", default=False),
            provenance=sources.of(table),
        )
        table.finish()
    first_seen = tuple(_first_seen(table, sources) for table in root.tables("first_seen"))
    root.finish()
    return ArchitecturesFile(
        rows=tuple(rows[key] for key in sorted(rows)), first_seen=first_seen, unused_sources=sources.unused
    )


def _first_seen(table: Table, sources: Sources) -> FirstSeen:
    row = FirstSeen(
        driver=table.read("driver_linux", DriverVersion.parse),
        gpus=tuple(name for _, name in table.cells("gpus")),
        provenance=sources.of(table),
    )
    table.finish()
    return row
