"""GPU code inside native libraries: facts, and the verdict that rules make of them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Literal, TypeAlias

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion
    from gpuenv.models.notice import Notice

Images: TypeAlias = "frozenset[tuple[CodeKind, Architecture]]"
"""What one container holds, as kind and architecture."""


class CodeKind(Enum):
    """The kinds of entries in a fatbin container."""

    PTX = "ptx"
    SASS = "sass"
    LTO_IR = "lto-ir"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeObject:
    """One cubin, PTX or LTO IR image."""

    kind: CodeKind
    architecture: Architecture
    is_compressed: bool = False
    is_relocatable: bool = False
    """From `__nv_relfatbin`: not loaded by itself, only after a device link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSummary:
    """The code objects of one file, counted by container (one container per translation unit)."""

    containers: int
    """Containers in the section whose images the runtime loads (`.nv_fatbin`, on Windows `.nv_fatb`)."""
    objects: int
    """Images in those and in the embedded containers; the relocatable ones are not among them."""
    sass: tuple[tuple[Architecture, int], ...]
    """Architecture and the number of containers, embedded ones included, that hold it, ascending."""
    ptx: tuple[tuple[Architecture, int], ...]
    combinations: tuple[tuple[Images, int], ...] = ()
    """The distinct sets of images a container holds, with how many containers hold that set: what a verdict
    by share of containers is computed from."""
    relocatable: tuple[tuple[CodeKind, Architecture, int], ...] = ()
    lto_ir: tuple[tuple[Architecture, int], ...] = ()
    is_partial: bool = False
    """Only the first part of the file was read: proves presence, not absence."""
    embedded: tuple[tuple[Images, int], ...] = ()
    """As `combinations`, of containers in other sections (cuFFT's `.ldata`): the library itself loads them."""
    compressed: int = 0
    """How many of the objects are compressed."""
    ptx_versions: tuple[tuple[Architecture, tuple[int, int]], ...] = ()
    """For each architecture of `ptx` the newest version (major, minor) of the PTX language that it is written in:
    only a driver that knows this version compiles it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryVerdict:
    """How the GPU code of one library serves one GPU."""

    kind: Literal["sass", "ptx", "none"]
    share: float
    """The part, 0 to 1, of its containers that hold an image which runs there, as machine code for `sass`, at
    least as PTX for the others."""
    reason: Literal["ptx-needs-newer-driver", "ptx-older-than-machine-code", "dropped-by-release"] | None = None
    """Why a library that has something for the GPU does not serve it; None also where it has nothing."""
    needs_cuda: CudaVersion | None = None
    """With `ptx-needs-newer-driver`: what the driver would have to speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MainSet:
    """The architectures of a library, ascending; together they are all that it holds."""

    sass: tuple[Architecture, ...]
    """Machine code in nearly all containers."""
    ptx: tuple[Architecture, ...]
    extra_sass: tuple[Architecture, ...]
    """Machine code in a few containers only."""
    extra_ptx: tuple[Architecture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedFile:
    """One file and the GPU code in it."""

    path: str
    """The file, or `WHEEL!member`."""
    distribution: str | None
    summary: CodeSummary
    bytes_read: int | None = None
    """Bytes fetched for it over the network; None for local files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFile:
    """One file with what it was built for, and its verdict for each GPU that was asked about."""

    file: InspectedFile
    main: MainSet
    verdicts: tuple[tuple[str, LibraryVerdict], ...] = ()
    """GPU name and verdict; empty without a target, and for a file without GPU code."""
    is_required: bool = True
    """Whether programs need it to serve the GPU; without a target this is not asked."""
    chooses: bool = False
    """It picks its kernels itself, so that its share of containers says nothing; judged with the others of its family
    and by what is known of its release."""

    @property
    def filename(self) -> str:
        """The last part of its path, in a wheel too."""
        return self.file.path.replace("\\", "/").replace("!", "/").rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGenerator:
    """A library or program of an environment that writes GPU code while programs run."""

    kind: Literal["nvrtc", "ptxas"]
    path: str
    distribution: str | None
    cuda: CudaVersion | None
    """Its own version; None where it did not say."""
    architectures: tuple[ComputeCapability, ...] | None = None
    """What it can compile for, by its own word; None where it was not asked or did not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was inspected, and how it serves the target."""

    files: tuple[JudgedFile, ...]
    """Worst first where there is a target."""
    gpus: tuple[str, ...]
    """The GPUs of the target by name; () without one."""
    examined: int
    """How many libraries were read; those of a folder, wheel or environment without GPU code are not among `files`."""
    uncovered: tuple[Notice, ...] = ()
    """What the target needs and does not get."""
    unasked: tuple[Notice, ...] = ()
    """What does not serve the target and was not asked for, where only a part of an environment was."""
    notes: tuple[Notice, ...] = ()
    missing: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    """Shared libraries that nothing provides, each with the libraries that need it; None where it was not asked."""
    unloadable: tuple[Notice, ...] = ()
    """The libraries with GPU code that programs need and that cannot be loaded, for something is missing."""
    cuda_majors: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """The majors of CUDA that libraries are linked with, each with the distributions that are."""
    generators: tuple[CodeGenerator, ...] | None = None
    """None where it was not asked."""
    bytes_fetched: int | None = None
    """Over the network; None without a URL."""
