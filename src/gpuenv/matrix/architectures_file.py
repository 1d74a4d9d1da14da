"""Reads `architectures.toml`: what each compute capability needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuenv.matrix.sources import Sources
from gpuenv.matrix.values import parse_version
from gpuenv.models.cuda import ComputeCapability, CudaVersion
from gpuenv.models.matrix import ArchitectureRow

if TYPE_CHECKING:
    from gpuenv.matrix.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchitecturesFile:
    """What `architectures.toml` holds."""

    rows: tuple[ArchitectureRow, ...]
    """`minimum_onnxruntime` is still None: it follows from the builds (`derived`)."""
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
            minimum_onnxruntime=None,
            open_kernel_module_only=table.flag("open_kernel_module_only", default=False),
            provenance=sources.of(table),
        )
        table.finish()
    root.finish()
    return ArchitecturesFile(rows=tuple(rows[key] for key in sorted(rows)), unused_sources=sources.unused)
