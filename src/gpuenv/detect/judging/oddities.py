"""Tells what is odd on a machine whose GPU can be used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.detect.judging.misfits import flavour_misfits, module_conflict
from gpuenv.detect.judging.problems import broken_devices
from gpuenv.detect.sources.pci import plain_bus
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.detect.judging.scene import Scene
    from gpuenv.models.hardware import Gpu

_DRIVEN: Final = "nvidia"
"""What NVIDIA's module holds and NVML does not show was kept from this process (a scheduler's cgroup): no fault."""

_SERIES: Final = re.compile(r"-\d+(?P<series>[BA])$")
"""The end of such a profile's name: `GRID T4-2B` (NVIDIA virtual GPU software user guide, virtual GPU types)."""


def oddities(scene: Scene, driven: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Say what is odd: virtual GPUs without CUDA, devices that failed, cards that no driver drives beside others."""
    return (*_without_cuda(driven), *_broken_or_undriven(scene, driven))


def _without_cuda(driven: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Name the virtual GPUs whose profile is for desktops or applications: of series B or A, they run no CUDA."""
    found = ((gpu.name, _SERIES.search(gpu.name)) for gpu in driven)
    return tuple(
        Notice.of("vgpu-runs-no-cuda", gpu=name, series=series["series"].upper()) for name, series in found if series
    )


def _broken_or_undriven(scene: Scene, driven: Sequence[Gpu]) -> tuple[Notice, ...]:
    broken = broken_devices(scene)
    places = {plain_bus(gpu.pci_bus_id) for gpu in driven}
    if scene.container is not None or broken or None in places:
        return broken
    missing = {gpu.bus_id for gpu in scene.pci if gpu.bus_id not in places and gpu.bound_to != _DRIVEN}
    if not missing:
        return ()
    undriven = tuple(gpu for gpu in scene.recognised() if gpu.pci_bus_id in missing)
    unbound = tuple(gpu for gpu in undriven if _is_unbound(scene, gpu))
    explained = (module_conflict(scene, (*driven, *unbound)) if unbound else ()) or flavour_misfits(scene, unbound)
    return explained + tuple(
        Notice.of("gpu-not-driven", gpu=gpu.label, bus=gpu.pci_bus_id)
        for gpu in undriven
        if not (explained and gpu in unbound)
    )


def _is_unbound(scene: Scene, gpu: Gpu) -> bool:
    """Whether a card waits for NVIDIA's driver: one that another driver holds was given to it on purpose."""
    waiting = {seen.bus_id for seen in scene.pci if seen.bound_to in {None, "nouveau"}}
    return gpu.pci_bus_id in waiting
