"""The machine: its GPUs, its driver, its platform, and which probe told each fact."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Literal

from gpuenv.models.value import dataclass

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
class MigInstance:
    """A part of a divided GPU (Multi-Instance GPU): programs see it as a device of its own, of its GPU's capability."""

    name: str
    """`NVIDIA A100-SXM4-40GB MIG 1g.5gb`."""
    uuid: str | None
    """`MIG-a65afc88-...`: what CUDA_VISIBLE_DEVICES takes."""
    memory_bytes: int | None


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
    """Whether its MIG mode is on; None where it cannot be divided, or nobody told."""
    mig_instances: tuple[MigInstance, ...] | None = None
    """Its parts where the mode is on: without one, CUDA shows nothing of this GPU. None where nobody told."""

    @property
    def label(self) -> str:
        """How messages name it: `NVIDIA GeForce RTX 5070 Ti (12.0)`."""
        return f"{self.name} ({' or '.join(str(capability) for capability in self.capabilities) or '?'})"

    @property
    def visible_name(self) -> str:
        """How `CUDA_VISIBLE_DEVICES` names it: its UUID, else its index in the order of the bus.

        Of a divided GPU CUDA shows a part, one to a process: the first.
        """
        parts = (part.uuid for part in self.mig_instances or () if part.uuid) if self.is_mig else ()
        return next(iter(parts), None) or self.uuid or str(self.index or 0)


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
class MsvcRuntime:
    """The Visual C++ runtime of a Windows machine, which the libraries of torch and ONNX Runtime are linked with."""

    version: str | None
    """Of `msvcp140.dll`, e.g. `14.44.35211.0`. None: it is not installed, or only a part of it."""


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
    wsl_generation: Literal[1, 2] | None = None
    """Generation of the Windows Subsystem for Linux; the first has no GPUs. None outside of it."""
    msvc_runtime: MsvcRuntime | None = None
    """None where this was not looked at: on every other system, and in descriptions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompilerLimits:
    """The newest host compilers that a CUDA toolkit accepts, as its `crt/host_config.h` says. None: it does not say."""

    gcc: int | None = None
    """Major version of GCC."""
    clang: int | None = None
    """Major version of Clang."""
    msc: int | None = None
    """`_MSC_VER` of Microsoft's compiler, e.g. 1949."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CudaToolkit:
    """A CUDA toolkit installed on the machine, in contrast to the CUDA libraries that wheels bring."""

    root: str
    version: CudaVersion | None
    """None where the folder does not tell."""
    nvcc: str | None = None
    """None for a toolkit without a compiler."""
    limits: CompilerLimits | None = None
    """None where its headers are not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCompiler:
    """A C++ compiler that nvcc could hand the host code to."""

    family: Literal["gcc", "clang", "msvc"]
    path: str
    version: str | None
    """`13.3.0`, or its major alone; for MSVC `_MSC_VER` (`1944`). None where its files do not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CudnnLibrary:
    """A cuDNN that programs would load, in contrast to the one that wheels bring."""

    path: str
    version: str | None
    """`9.10.2`, or as much of it as the file's name tells (`9`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowingFolder:
    """A folder of LD_LIBRARY_PATH whose CUDA libraries are loaded instead of those of the wheels."""

    path: str
    libraries: tuple[str, ...]
    """`libcudnn.so.9`; sorted."""


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
    """In the order in which builds find them."""
    compilers: tuple[HostCompiler, ...] = ()
    """Likewise."""
    cudnn: tuple[CudnnLibrary, ...] = ()
    """The one that would be loaded first."""
    shadowing: tuple[ShadowingFolder, ...] = ()
