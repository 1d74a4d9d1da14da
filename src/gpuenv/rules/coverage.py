"""Rules 1 to 3: which machine code and which PTX runs on which GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from gpuenv.models.cuda import ComputeCapability, CudaVersion
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gpuenv.models.cuda import Architecture
    from gpuenv.models.matrix import ArchitectureRow, OnnxRuntimeBuild, TorchBuild

_THOR_BEFORE_CUDA_13: Final = ComputeCapability(major=10, minor=1)
_THOR: Final = ComputeCapability(major=11, minor=0)

_TEGRA_LIFTED_IN: Final = CudaVersion(major=13, minor=2)
_TEGRA_LIFTED_CODE: Final = frozenset({(7, 0), (8, 0), (8, 6)})
"""From CUDA 13.2 on, code for 70, 80 and 86 runs on Jetson (torch 2.15.0, `torch/cuda/__init__.py`, 2026-11-21)."""


def sass_runs_on(code: Architecture, capability: ComputeCapability, *, build_cuda: CudaVersion | None = None) -> bool:
    """Tell whether a cubin runs on a GPU (rules 1 and 2).

    The same major and a minor not below; a suffix narrows it to this capability (`a`) or family (`f`).
    Jetson GPUs run only code made for Jetson, unless the build is of CUDA 13.2 or newer.
    """
    made_for, gpu = _one_name(code.capability), _one_name(capability)
    if code.suffix == "a" or made_for == gpu:
        return made_for == gpu
    if made_for.major != gpu.major or made_for.minor > gpu.minor:
        return False
    if made_for.is_tegra != gpu.is_tegra:
        lifted = build_cuda is not None and build_cuda >= _TEGRA_LIFTED_IN
        return gpu.is_tegra and lifted and (made_for.major, made_for.minor) in _TEGRA_LIFTED_CODE
    return True


def ptx_compiles_for(code: Architecture, capability: ComputeCapability) -> bool:
    """Tell whether PTX can be compiled for a GPU by a driver that understands it (rules 2 and 3)."""
    made_for, gpu = _one_name(code.capability), _one_name(capability)
    match code.suffix:
        case "a":
            return made_for == gpu
        case "f":
            return made_for.major == gpu.major and made_for.minor <= gpu.minor
        case "":
            return made_for <= gpu


def best_sass(
    sass: Iterable[Architecture], capability: ComputeCapability, *, build_cuda: CudaVersion | None
) -> Architecture | None:
    """Find the nearest cubin that runs on a GPU, or None."""
    return max((code for code in sass if sass_runs_on(code, capability, build_cuda=build_cuda)), default=None)


def best_ptx(
    sass: Collection[Architecture], ptx: Iterable[Architecture], capability: ComputeCapability
) -> Architecture | None:
    """Find the newest PTX that serves a GPU as a whole, or None.

    Only PTX of the build's own newest architecture counts: older PTX beside newer cubins (compute_37 in the cu118
    builds for Windows) lacks the code paths that the libraries then call, and ends in
    `this function is for sm80, but was built for sm370` (rule 3).
    """
    newest = max((code.capability for code in sass), default=None)
    return max(
        (code for code in ptx if ptx_compiles_for(code, capability) and (newest is None or code.capability >= newest)),
        default=None,
    )


Refusal = Literal["no-code-for-gpu", "libraries-lack-architecture", "ptx-needs-newer-driver"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildCoverage:
    """How a build serves one compute capability; `refusal` says why not."""

    kind: Literal["sass", "ptx", "none"]
    via: Architecture | None = None
    refusal: Refusal | None = None


def build_coverage(
    build: TorchBuild,
    capability: ComputeCapability,
    *,
    driver_cuda: CudaVersion | None,
    architecture: ArchitectureRow | None,
) -> BuildCoverage:
    """Judge a torch build for one GPU.

    `driver_cuda` None: no driver was stated, and PTX is taken to find a driver new enough. `architecture` None: the
    GPU is newer than the matrix, and only PTX of the newest architecture can serve it.
    """
    cubin = best_sass(build.sass, capability, build_cuda=build.cuda)
    if cubin is not None:
        return BuildCoverage(kind="sass", via=cubin)
    if not any(ptx_compiles_for(code, capability) for code in build.ptx):
        return BuildCoverage(kind="none", refusal="no-code-for-gpu")
    ptx = best_ptx(build.sass, build.ptx, capability)
    if ptx is None or not _libraries_serve(build, architecture):
        return BuildCoverage(kind="none", refusal="libraries-lack-architecture")
    if driver_cuda is not None and build.cuda is not None and driver_cuda < build.cuda:
        return BuildCoverage(kind="none", refusal="ptx-needs-newer-driver")
    return BuildCoverage(kind="ptx", via=ptx)


def runtime_coverage(
    build: OnnxRuntimeBuild,
    capability: ComputeCapability,
    *,
    driver_cuda: CudaVersion | None,
    architecture: ArchitectureRow | None,
) -> BuildCoverage:
    """Judge a build of ONNX Runtime for one GPU, as `build_coverage` does one of torch.

    It loads any cuDNN of its major, so that its major alone has to know the GPU.
    """
    cubin = best_sass(build.sass, capability, build_cuda=build.cuda)
    if cubin is not None:
        return BuildCoverage(kind="sass", via=cubin)
    if not any(ptx_compiles_for(code, capability) for code in build.ptx):
        return BuildCoverage(kind="none", refusal="no-code-for-gpu")
    ptx = best_ptx(build.sass, build.ptx, capability)
    needed = architecture.minimum_cudnn if architecture is not None else None
    if ptx is None or (needed is not None and needed.major > build.cudnn_major):
        return BuildCoverage(kind="none", refusal="libraries-lack-architecture")
    if driver_cuda is not None and driver_cuda < build.cuda:
        return BuildCoverage(kind="none", refusal="ptx-needs-newer-driver")
    return BuildCoverage(kind="ptx", via=ptx)


def _libraries_serve(build: TorchBuild, architecture: ArchitectureRow | None) -> bool:
    """Whether the cuDNN and NVRTC beside a build know the GPU: both come with the build's CUDA version."""
    if architecture is None:
        return True
    if build.cuda is None or build.cuda < architecture.minimum_cuda:
        return False
    return architecture.minimum_cudnn is None or build.cudnn is None or build.cudnn >= architecture.minimum_cudnn


def same_gpu(first: ComputeCapability, second: ComputeCapability) -> bool:
    """Tell whether two capabilities are those of one GPU."""
    return _one_name(first) == _one_name(second)


def _one_name(capability: ComputeCapability) -> ComputeCapability:
    """Give Thor one name: it is 10.1 up to CUDA 12.x and 11.0 from 13.0 on, the same GPU."""
    return _THOR if capability == _THOR_BEFORE_CUDA_13 else capability
