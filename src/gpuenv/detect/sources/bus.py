"""Source 6: the display controllers of this machine, by the way its system shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.detect.sources.answers import ABSENT, Answer
from gpuenv.detect.sources.pci import PciGpu, read_pci_gpus
from gpuenv.models.hardware import Probe
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.models.cuda import DriverVersion
    from gpuenv.models.platform import Platform

_APPLE_VENDOR = "106B"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """What source 6 told."""

    gpus: tuple[PciGpu, ...] = ()
    is_readable: bool = False
    """Whether the system shows its devices at all: sandboxes may not."""
    driver_version: DriverVersion | None = None

    def answer(self) -> Answer:
        """The answer as one of the sources; it names cards, and drives none."""
        if not self.is_readable:
            return Answer(probe=Probe.PCI, outcome=ABSENT)
        nvidia = sum(gpu.is_nvidia for gpu in self.gpus)
        detail = f"{nvidia} NVIDIA, {len(self.gpus) - nvidia} other display controllers"
        return Answer(probe=Probe.PCI, detail=detail, driver_version=self.driver_version)


def read_bus(platform: Platform, environ: Mapping[str, str], *, root: Path, timeout_s: float, is_driven: bool) -> Bus:
    """Read the display controllers; `is_driven` tells that a driver has shown a GPU."""
    if platform.name.startswith("macos"):
        return Bus(gpus=(PciGpu(bus_id="", vendor=_APPLE_VENDOR, device="", bound_to=None, name="Apple GPU"),))
    if platform.name.startswith("windows"):
        from gpuenv.detect.sources.windows_adapters import read_windows_adapters  # noqa: PLC0415 - only there

        adapters = read_windows_adapters(environ, timeout_s=timeout_s, is_driven=is_driven)
        return Bus(gpus=adapters.gpus, is_readable=bool(adapters.gpus), driver_version=adapters.driver_version)
    gpus = read_pci_gpus(root)
    return Bus(gpus=gpus or (), is_readable=gpus is not None)
