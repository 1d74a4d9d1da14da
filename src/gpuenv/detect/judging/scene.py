"""Everything the sources told of a machine: what tells whether there is an NVIDIA GPU, and why one cannot be used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.detect.files import exists, names_in
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gpuenv.detect.sources.answers import Answer
    from gpuenv.detect.sources.bus import Bus
    from gpuenv.detect.sources.kernel_driver import KernelDriver
    from gpuenv.detect.sources.pci import PciGpu
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import ArchitectureRow, GpuModel
    from gpuenv.models.platform import Platform

_WINDOWS_LIBCUDA: Final = "mnt/c/Windows/System32/nvcuda.dll"
"""Under WSL: the driver of Windows itself, which also serves WSL of the second generation."""
_WINDOWS_DRIVERS: Final = "usr/lib/wsl/drivers"
"""Under WSL 2: the driver store of Windows, a folder for each driver that is installed there."""
_OF_OTHER_VENDORS: Final = re.compile(r"(?:iigd|igd|u\d{5,}|qcdx)\w*\.inf_", re.IGNORECASE)
"""Display drivers of Intel, AMD and Qualcomm by the names of their folders: `iigd_dch.inf_amd64_3f5e...`."""
_PARAVIRTUAL: Final = "dev/dxg"
"""The GPU of Windows, of whatever vendor, as WSL 2 passes it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the sources told, by source."""

    root: Path
    environ: Mapping[str, str]
    answers: tuple[Answer, ...]
    """Of sources 1 to 4."""
    kernel: KernelDriver
    bus: Bus
    platform: Platform
    wsl_generation: Literal[1, 2] | None
    container: str | None
    models: Callable[[], Sequence[GpuModel]]
    """Reads the matrix's GPUs."""
    architectures: Callable[[], Sequence[ArchitectureRow]]
    """Reads what the matrix says that each capability asks of a driver."""

    @property
    def pci(self) -> tuple[PciGpu, ...]:
        """NVIDIA's cards on the bus."""
        return tuple(gpu for gpu in self.bus.gpus if gpu.is_nvidia)

    @property
    def labels(self) -> tuple[str, ...]:
        """How messages name the GPUs; one that is on no bus (WSL, Jetson) has no name."""
        return tuple(gpu.label for gpu in self.recognised()) or ("NVIDIA GPU",)

    @property
    def fault(self) -> Answer | None:
        """The first source that was there and says what is wrong."""
        return next((answer for answer in self.answers if answer.names_cause), None)

    @property
    def driver_version(self) -> str | None:
        """Version of the driver by the first source that told it."""
        told = [answer.driver_version for answer in self.answers if answer.driver_version]
        return str(told[0]) if told else str(self.kernel.version) if self.kernel.version else None

    @property
    def has_undriven_windows_gpu(self) -> bool:
        """Whether Windows passes on a GPU that is NVIDIA's, as far as can be told: it has no driver of its vendor."""
        if not self.platform.is_wsl or exists(self.root / _WINDOWS_LIBCUDA) or not exists(self.root / _PARAVIRTUAL):
            return False
        return not any(_OF_OTHER_VENDORS.match(name) for name in names_in(self.root / _WINDOWS_DRIVERS))

    def recognised(self) -> tuple[Gpu, ...]:
        """Name NVIDIA's cards on the bus, in their order."""
        from gpuenv.detect.sources.recognition import recognise_pci  # noqa: PLC0415 - only where there is something to explain

        return tuple(recognise_pci(gpu, self.models, index=index) for index, gpu in enumerate(self.pci))

    def is_hardware_there(self) -> bool:
        """Whether there is an NVIDIA GPU although no source of the driver showed one.

        The bus decides. Where it shows nothing of the sort (WSL, Jetson) or cannot be read, a driver that is there
        and complains is taken for one that has something to drive; left-over libraries on another machine are not.
        """
        if self.kernel.is_tegra or self.pci or any(answer.broken for answer in self.answers):
            return True
        if self.platform.is_wsl and (exists(self.root / _WINDOWS_LIBCUDA) or self.has_undriven_windows_gpu):
            return True
        if self.platform.is_wsl or not self.bus.is_readable:
            return self.kernel.is_loaded or any(answer.names_cause for answer in self.answers)
        return self.container is not None and self.kernel.is_loaded
