"""The compatibility matrix: one dated, immutable version of all compatibility data."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import TYPE_CHECKING

from gpuenv.models.cuda import CudaVersion
from gpuenv.models.rows import Rows
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    from gpuenv.models.cuda import Architecture, ComputeCapability, DriverVersion
    from gpuenv.models.extension import CompilerWheels, Extension
    from gpuenv.models.platform import PlatformName, PythonVersion
    from gpuenv.models.triton import TritonRelease


class Evidence(Enum):
    """How a row is known, best first."""

    BINARY = "binary"
    """Read from the cubins of the wheel itself."""
    BINARY_PARTIAL = "binary-partial"
    """Read from the first part of the wheel's member: proves presence, not absence."""
    BUILD_SCRIPT = "build-script"
    RELEASE_NOTES = "release-notes"
    REPORT = "report"
    """Printed by a user's machine, or inferred from neighbouring rows."""

    @property
    def rank(self) -> int:
        """0 for the best evidence."""
        return list(Evidence).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a row comes from."""

    evidence: Evidence
    source: str
    verified: str
    """ISO date on which the source was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuModel:
    """One GPU by its marketing name."""

    name: str
    capability: ComputeCapability
    pci_device_ids: tuple[str, ...]
    """Four upper-case hex digits each."""
    provenance: Provenance
    platform: PlatformName | None = None
    """The only platform that it is sold for, as a part of something with Arm cores; None: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchitectureRow:
    """One compute capability: what it needs from drivers, toolkits and libraries."""

    capability: ComputeCapability
    generation: str
    """`Blackwell`."""
    minimum_cuda: CudaVersion
    """First toolkit that compiles for it."""
    maximum_cuda: CudaVersion | None
    """Last toolkit that compiles for it; None while it goes on."""
    minimum_driver_branch: int | None
    """First driver branch that drives it; None where unknown (old cards: every driver in use does)."""
    maximum_driver_branch: int | None
    """Last driver branch that drives it (470 for Kepler); None while it goes on."""
    minimum_cudnn: Version | None
    maximum_cudnn: Version | None
    """Last cuDNN that serves it (9.10.2 for Maxwell to Volta); None while it goes on."""
    open_kernel_module_only: bool
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSeen:
    """The first public Linux driver that was seen to list some cards; older ones of its branch may drive them too."""

    driver: DriverVersion
    gpus: tuple[str, ...]
    """Printed names: `NVIDIA GeForce RTX 5070 Ti`."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class CudaRelease:
    """One CUDA toolkit version."""

    version: CudaVersion
    driver_linux: DriverVersion | None
    """First Linux driver that speaks this CUDA version."""
    driver_windows: DriverVersion | None
    floor_linux: DriverVersion
    """Minor-version compatibility: the oldest Linux driver that runs builds of this CUDA major."""
    floor_windows: DriverVersion
    architectures: tuple[Architecture, ...]
    """What its nvcc and NVRTC compile for."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchBuild:
    """One build of torch: (version, CUDA tag, platform). Its code sets are facts of the build, not of the tag."""

    version: Version
    """Public version, without a local label: 2.14.1."""
    tag: str
    """`cu130`, `cpu`, or `nightly/cu132`."""
    platform: PlatformName
    sass: frozenset[Architecture]
    ptx: frozenset[Architecture]
    ptx_is_known: bool
    """False: whether the build carries PTX is not established; it is then not counted on."""
    python_min: PythonVersion
    python_max: PythonVersion
    local: str | None
    """Local label of its wheels on the PyTorch index: `cu130`; None for those without one."""
    on_pytorch_index: bool
    on_pypi: bool
    is_official: bool
    """In the release's support matrix; False for side channels such as cu129 after torch 2.8."""
    cudnn: Version | None
    """The cuDNN that it ships or pins."""
    provenance: Provenance
    free_threaded: tuple[PythonVersion, ...] = ()
    """The free-threaded Pythons that it has wheels for: 3.13t."""
    nccl: Version | None = None
    """The NCCL that it ships or pins; None where it has none (Windows, CPU) or where that is not established."""
    triton: SpecifierSet | None = None
    """The Triton releases that it depends on: `==3.6.0`, `~=3.9.0`; None where it depends on none."""
    cxx_standard: int | None = None
    """The C++ standard that its headers ask for: 17, 20; None where not established."""
    glibc: tuple[int, int] | None = None
    """The oldest glibc that its Linux wheels take, by their manylinux tag; None where every glibc in use will do."""
    disputed: str | None = None
    """What weaker sources say of its code, where they say something else."""

    cuda: CudaVersion | None = field(init=False, repr=False)
    """CUDA version it was built with, by its tag; None for a CPU build."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "cuda", CudaVersion.from_tag(self.tag))

    @property
    def is_nightly(self) -> bool:
        """Whether it comes from a nightly channel."""
        return self.tag.startswith("nightly/")

    @property
    def label(self) -> str:
        """How messages name it: `2.14.1+cu130`; a label of its own counts: `2.14.1+acme1`."""
        return f"{self.version}+{self.local or self.tag.removeprefix('nightly/')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionRelease:
    """One release of torchvision or torchaudio and the torch it pairs with."""

    project: str
    """`torchvision` or `torchaudio`."""
    version: Version
    torch: SpecifierSet
    """The torch versions it pairs with: `==2.10.0`, or `>=2.14.0` from torchvision 0.29.1 on."""
    tags: frozenset[str]
    """CUDA tags on the PyTorch index, `cpu` included; empty: the same as its torch's."""
    on_pypi: bool
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxRuntimeBuild:
    """One onnxruntime-gpu build on the default index."""

    version: Version
    platform: PlatformName
    cuda: CudaVersion
    """CUDA version it was built with."""
    cudnn_major: int
    python_min: PythonVersion
    python_max: PythonVersion
    sass: frozenset[Architecture]
    ptx: frozenset[Architecture]
    extras: tuple[str, ...]
    """Extras that bring its CUDA and cuDNN wheels and can be resolved: `cuda`, `cudnn`; () where none."""
    provenance: Provenance
    disputed: str | None = None
    """As for torch."""
    glibc: tuple[int, int] | None = None
    """As for torch."""

    @property
    def ptx_is_known(self) -> bool:
        """As for torch: the code of every row was read."""
        return True

    @property
    def tag(self) -> str:
        """The CUDA tag of its CUDA version: `cu130`."""
        return self.cuda.tag

    @property
    def label(self) -> str:
        """How messages name it: `onnxruntime-gpu 1.26.0`."""
        return f"onnxruntime-gpu {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CudnnRelease:
    """One cuDNN version and what it serves."""

    version: Version
    cuda_majors: tuple[int, ...]
    capability_min: ComputeCapability
    capability_max: ComputeCapability
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyChannel:
    """One nightly index of PyTorch."""

    tag: str
    """`nightly/cu132`."""
    is_live: bool
    sass: frozenset[Architecture]
    """Linux x86_64; empty where not established."""
    provenance: Provenance
    keeps: int | None = None
    """How many of the newest versions of a package the channel lists; older ones vanish. None where not established."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatibilityMatrix:
    """All compatibility data of one matrix version."""

    version: str
    """`2026.11`."""
    released: str
    architectures: tuple[ArchitectureRow, ...]
    cuda: tuple[CudaRelease, ...]
    """Ascending."""
    torch: tuple[TorchBuild, ...]
    companions: tuple[CompanionRelease, ...]
    onnxruntime: Sequence[OnnxRuntimeBuild]
    cudnn: tuple[CudnnRelease, ...]
    nightly: tuple[NightlyChannel, ...]
    gpus: tuple[GpuModel, ...]
    triton: tuple[TritonRelease, ...] = ()
    """Ascending."""
    extensions: Sequence[Extension] = ()
    compilers: Sequence[CompilerWheels] = ()
    """Ascending."""
    first_seen: tuple[FirstSeen, ...] = ()

    def extensions_among(self, projects: Iterable[str]) -> Mapping[str, Extension]:
        """The rows of those of the projects that are extensions, by canonical name; rows are read only for them."""
        known = self.extensions
        wanted = frozenset(projects)
        if isinstance(known, Rows) and known.names.isdisjoint(wanted):
            return {}
        return {row.package: row for row in known if row.package in wanted}

    def architecture(self, capability: ComputeCapability) -> ArchitectureRow | None:
        """The row of that capability, or None for a GPU newer (or older) than the matrix."""
        return next((row for row in self.architectures if row.capability == capability), None)

    def cuda_release(self, version: CudaVersion) -> CudaRelease | None:
        """The row of that toolkit version, or None."""
        return next((row for row in self.cuda if row.version == version), None)

    def triton_of(self, build: TorchBuild) -> TritonRelease | None:
        """The newest known release of Triton that a build of torch depends on, or None."""
        wanted = build.triton
        if wanted is None:
            return None
        return max((row for row in self.triton if row.version in wanted), key=lambda row: row.version, default=None)
