"""The machine: its GPUs, its driver, its platform, and which probe told each fact."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
    from gpuenv.models.notice import Notice
    from gpuenv.models.platform import Platform


class Probe(Enum):
    """The sources that detection asks, in the order in which they are trusted."""

    OVERRIDE = "override"
    NVML = "nvml"
    LIBCUDA = "libcuda"
    NVIDIA_SMI = "nvidia-smi"
    PROCFS = "procfs"
    PCI = "pci"
    DESCRIBED = "described"
    """Not detected: said by the user (`--target rtx-5090`) or read from a saved machine description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One NVIDIA GPU."""

    name: str
    """The marketing name as the driver prints it, e.g. `NVIDIA GeForce RTX 5070 Ti`."""
    capabilities: tuple[ComputeCapability, ...]
    """Its compute capability; several where a name maps to more than one and nothing decides: a build must
    then serve them all. Empty for a card whose id and name the matrix does not know."""
    probe: Probe
    index: int | None = None
    uuid: str | None = None
    pci_device_id: str | None = None
    """Four upper-case hex digits, e.g. `2C05`."""
    pci_bus_id: str | None = None
    memory_bytes: int | None = None
    is_mig: bool | None = None
    """Whether it is divided into MIG instances; None where it cannot be, or nobody told."""

    @property
    def label(self) -> str:
        """How messages name it: `NVIDIA GeForce RTX 5070 Ti (12.0)`."""
        return f"{self.name} ({' or '.join(str(capability) for capability in self.capabilities) or '?'})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """The NVIDIA driver: its own version, and the highest CUDA it speaks."""

    version: DriverVersion | None
    """Kernel driver version, e.g. 580.95.05. None where only the CUDA version could be measured."""
    cuda_version: CudaVersion | None
    """Driver CUDA version as measured from libcuda, NVML or nvidia-smi. None: the matrix's table decides."""
    probe: Probe


class Presence(Enum):
    """The three answers of detection."""

    ABSENT = "absent"
    """There is no NVIDIA hardware."""
    UNUSABLE = "unusable"
    """Hardware is there and cannot be used; `HostFacts.problems` says why."""
    PRESENT = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAnswer:
    """What one probe said, for `gpuenv detect` to show."""

    probe: Probe
    outcome: str
    """`ok`, `absent`, or the code of what went wrong."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What this machine is."""

    gpus: tuple[Gpu, ...]
    driver: Driver | None
    platform: Platform
    presence: Presence
    problems: tuple[Notice, ...] = ()
    """Why the hardware is unusable, or what is odd although it is usable; each with the command that mends it."""
    probes: tuple[ProbeAnswer, ...] = ()
    other_gpus: tuple[str, ...] = ()
    """GPUs of other vendors by name: seen, and not yet a target."""
    container: str | None = None
    """The container runtime, e.g. `docker`, or None outside containers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CudaToolkit:
    """A CUDA toolkit installed on the machine, in contrast to the CUDA libraries that wheels bring."""

    root: str
    version: CudaVersion | None
    """None where the folder does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDetails:
    """What else a person asked for help would want to know of a machine; no decision rests on it."""

    system: str
    """`Ubuntu 24.04.3 LTS`."""
    kernel: str
    """Kernel release; empty where the system tells none."""
    kernel_module: str | None
    """Flavour of the loaded NVIDIA module: `open` or `proprietary`."""
    memory_bytes: int | None
    disk_free_bytes: int | None
    """Free on the disk of the current folder."""
    toolkits: tuple[CudaToolkit, ...] = ()
    shadowing: tuple[str, ...] = ()
    """Folders of LD_LIBRARY_PATH with CUDA libraries that would be loaded instead of those of the wheels."""
