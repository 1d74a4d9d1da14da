"""Recognises a card by its PCI device id or its exact name, in the matrix's list of GPU models."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.models.hardware import Gpu, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gpuenv.detect.sources.pci import PciGpu
    from gpuenv.models.cuda import ComputeCapability
    from gpuenv.models.matrix import GpuModel

_GENERIC_NAMES: Final = frozenset({"graphics device", "gpu", ""})
"""What a driver older than the card prints, and what we print where nothing was told; without the brand."""

_BRANDS: Final = (frozenset({"nvidia", "geforce"}), frozenset({"nvidia", "geforce", "tesla", "quadro"}))
"""Words that may be said or left out; the second set only where the first finds nothing (Quadro RTX 6000)."""
_WORD: Final = re.compile(r"rtx(?=a\d)|[a-z]+|\d+")
_INSTANCE: Final = re.compile(r"\s+MIG\s+\S+$", re.IGNORECASE)
"""The tail that names a MIG instance: `A100-SXM4-40GB MIG 1g.5gb`."""
_PROFILE: Final = re.compile(r"-\d+[QCBA]$", re.IGNORECASE)
"""The tail that names a vGPU profile: `GRID T4-16Q`, `NVIDIA A40-8Q`."""
_VGPU_BRANDS: Final = frozenset({*_BRANDS[1], "grid"})
_VGPU_VARIANTS: Final = frozenset({"d", "x", "dx", "xm", "l"})
"""Letters by which vGPU software tells boards of one chip apart: `V100DX`, `A100D`, `H100XM`
(virtual GPU software user guide, virtual GPU types)."""


def with_capability(gpu: Gpu, gpu_models: Callable[[], Sequence[GpuModel]]) -> Gpu:
    """Complete what the driver did not tell: the capability, and the name where it knows only `Graphics Device`.

    The models are asked for only then: reading them is not free. The PCI id decides before the name does; a name
    with two capabilities keeps both.
    """
    if gpu.capabilities and not _is_generic(gpu.name):
        return gpu
    by_id = find_by_device_id(gpu.pci_device_id, gpu_models())
    named = gpu if not (_is_generic(gpu.name) and by_id) else replace(gpu, name=by_id[0].name)
    found = by_id or find_by_name(gpu.name, gpu_models())
    return named if named.capabilities else replace(named, capabilities=_capabilities(found))


def recognise_pci(seen: PciGpu, gpu_models: Callable[[], Sequence[GpuModel]], *, index: int) -> Gpu:
    """Make a GPU of a card that only the PCI bus shows; one that the matrix does not know is named by its id."""
    found = find_by_device_id(seen.device, gpu_models())
    return Gpu(
        name=found[0].name if found else f"NVIDIA GPU (10DE:{seen.device})",
        capabilities=_capabilities(found),
        probe=Probe.PCI,
        index=index,
        pci_device_id=seen.device,
        pci_bus_id=seen.bus_id,
    )


def find_by_device_id(device_id: str | None, models: Sequence[GpuModel]) -> tuple[GpuModel, ...]:
    """The models with that PCI device id, four upper-case hex digits."""
    return tuple(model for model in models if device_id in model.pci_device_ids) if device_id else ()


def find_by_name(name: str, models: Sequence[GpuModel]) -> tuple[GpuModel, ...]:
    """The models of that name, brand words and punctuation apart; a MIG or vGPU name is that of its card."""
    if _PROFILE.search(name):
        return _find_by_profile(name, models)
    spellings = dict.fromkeys((name, _INSTANCE.sub("", name)))
    for spelling, brands in ((spelling, brands) for spelling in spellings for brands in _BRANDS):
        wanted = plain_name(spelling, brands)
        found = tuple(model for model in models if plain_name(model.name, brands) == wanted)
        if found:
            return found
    return ()


def find_by_part(name: str, models: Sequence[GpuModel]) -> tuple[GpuModel, ...]:
    """The models whose name holds what a person wrote (`v100`, `4090`), where all of them are of one capability."""
    wanted = f" {plain_name(name)} "
    found = tuple(model for model in models if wanted in f" {plain_name(model.name)} ") if wanted.strip() else ()
    return found if len({model.capability for model in found}) == 1 else ()


def _find_by_profile(name: str, models: Sequence[GpuModel]) -> tuple[GpuModel, ...]:
    """The boards that a vGPU can be a part of: its name holds the chip, not the board (`GRID V100D-8Q`)."""
    words = plain_name(_PROFILE.sub("", name), _VGPU_BRANDS).split()
    named = [(model, plain_name(model.name, _VGPU_BRANDS).split()) for model in models]
    found: tuple[GpuModel, ...] = ()
    while words and not found:
        exact = tuple(model for model, known in named if known == words)
        found = exact or tuple(model for model, known in named if known[: len(words)] == words)
        words = words[:-1] if words[-1] in _VGPU_VARIANTS else []
    return found


def plain_name(name: str, brands: frozenset[str] = _BRANDS[0]) -> str:
    """Reduce a name to what tells cards apart: `NVIDIA GeForce RTX 5090` and `rtx-5090` are `rtx 5090`."""
    return " ".join(word for word in _WORD.findall(name.lower()) if word not in brands)


def _is_generic(name: str) -> bool:
    return plain_name(name) in _GENERIC_NAMES


def _capabilities(models: Sequence[GpuModel]) -> tuple[ComputeCapability, ...]:
    return tuple(sorted({model.capability for model in models}))
