"""Reads `cudnn.toml`: cuDNN versions and what they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.matrix.sources import Sources
from gpuenv.matrix.values import parse_version
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.matrix import CudnnRelease
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.matrix.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class CudnnFile:
    """What `cudnn.toml` holds."""

    releases: tuple[CudnnRelease, ...]
    unused_sources: tuple[str, ...]


def parse_cudnn(root: Table) -> CudnnFile:
    """Give `cudnn.toml` its meaning; `matrix-invalid` for anything that has none.

    [[cudnn]]
    version = "9.11.0"
    cuda_majors = [12]
    capability_min = "7.5"
    capability_max = "12.0"
    source = "cudnn-9.11.0"
    """
    sources = Sources(root)
    releases: list[CudnnRelease] = []
    for row in root.tables("cudnn"):
        releases.append(
            CudnnRelease(
                version=row.read("version", parse_version),
                cuda_majors=row.numbers("cuda_majors"),
                capability_min=row.read("capability_min", ComputeCapability.parse),
                capability_max=row.read("capability_max", ComputeCapability.parse),
                provenance=sources.of(row),
            )
        )
        row.finish()
    root.finish()
    return CudnnFile(
        releases=tuple(sorted(releases, key=lambda release: release.version)), unused_sources=sources.unused
    )
