"""Reads `gpus.toml`: GPUs by marketing name and PCI device id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.matrix.sources import Sources
from gpuenv.matrix.values import parse_pci_device_ids, parse_platform
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.matrix import GpuModel
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.matrix.table import Table

_NAME_IDS_SOURCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GpusFile:
    """What `gpus.toml` holds."""

    models: tuple[GpuModel, ...]
    unused_sources: tuple[str, ...]


def parse_gpus(root: Table) -> GpusFile:
    """Give `gpus.toml` its meaning; `matrix-invalid` for anything that has none.

    [[group]]
    capability = "10.0"
    platform = "linux-aarch64"
    gpu = [
      ["NVIDIA GB200", "2941", "mc"],
    ]
    """
    sources = Sources(root)
    models: list[GpuModel] = []
    for group in root.tables("group"):
        capability = group.read("capability", ComputeCapability.parse)
        platform = group.optional("platform", parse_platform)
        for place, (name, ids, keys) in group.rows("gpu", _NAME_IDS_SOURCE):
            try:
                pci_device_ids = parse_pci_device_ids(ids)
            except ValueError as error:
                raise group.error(place, "bad-value", ids) from error
            models.append(
                GpuModel(
                    name=name,
                    capability=capability,
                    pci_device_ids=pci_device_ids,
                    provenance=sources.named(group, place, keys),
                    platform=platform,
                )
            )
        group.finish()
    root.finish()
    return GpusFile(models=tuple(models), unused_sources=sources.unused)
