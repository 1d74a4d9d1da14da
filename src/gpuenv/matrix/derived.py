"""Derives what follows from the build rows: per compute capability the first and last build, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.index import PYTORCH_INDEX_URL
from gpuenv.models.value import dataclass
from gpuenv.rules.coverage import best_ptx, best_sass, build_coverage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.version import Version

    from gpuenv.models.cuda import ComputeCapability, CudaVersion
    from gpuenv.models.matrix import ArchitectureRow, CompatibilityMatrix, OnnxRuntimeBuild, TorchBuild
    from gpuenv.models.platform import PlatformName

_NIGHTLY_PLATFORM: Final = "linux-x86_64"
"""The only platform for which the code of nightly channels is recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSummary:
    """The builds of one CUDA tag that serve a compute capability."""

    tag: str
    first_torch: Version
    last_torch: Version
    index_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchitectureSummary:
    """What a compute capability needs and which builds serve it on one platform."""

    capability: ComputeCapability
    generation: str
    minimum_cuda: CudaVersion
    maximum_cuda: CudaVersion | None
    first_torch: Version | None
    """First stable torch with code for it; None where no build serves it."""
    last_torch: Version | None
    tags: tuple[TagSummary, ...]
    """By CUDA tag, ascending."""
    nightly: tuple[str, ...]
    """Live nightly channels that are known to serve it; for Linux on x86_64 only."""
    minimum_driver_branch: int | None
    maximum_driver_branch: int | None
    minimum_onnxruntime: Version | None
    maximum_onnxruntime: Version | None
    """The newest onnxruntime-gpu that serves it."""
    minimum_cudnn: Version | None
    maximum_cudnn: Version | None


def summarize(matrix: CompatibilityMatrix, platform: PlatformName) -> tuple[ArchitectureSummary, ...]:
    """Derive the table of compute capabilities for a platform, ascending."""
    return tuple(_summary(matrix, row, platform) for row in matrix.architectures)


def serving_torch(matrix: CompatibilityMatrix, row: ArchitectureRow, platform: PlatformName) -> list[TorchBuild]:
    """List the GPU builds of torch that serve a capability on a platform, given a driver that is new enough."""
    return [
        build
        for build in matrix.torch
        if build.platform == platform
        and build.cuda is not None
        and build_coverage(build, row.capability, driver_cuda=None, architecture=row).refusal is None
    ]


def _onnxruntime_serves(build: OnnxRuntimeBuild, row: ArchitectureRow) -> bool:
    """Whether its own code and the CUDA and cuDNN majors that it loads serve a capability.

    It loads any CUDA and cuDNN of its major, so that the newest of that major decide.
    """
    if row.minimum_cudnn is not None and build.cudnn_major < row.minimum_cudnn.major:
        return False
    if build.cuda.major < row.minimum_cuda.major:
        return False
    if best_sass(build.sass, row.capability, build_cuda=build.cuda) is not None:
        return True
    return best_ptx(build.sass, build.ptx, row.capability) is not None


def _summary(matrix: CompatibilityMatrix, row: ArchitectureRow, platform: PlatformName) -> ArchitectureSummary:
    builds = serving_torch(matrix, row, platform)
    versions = sorted(build.version for build in builds)
    onnxruntime = sorted(
        build.version for build in matrix.onnxruntime if build.platform == platform and _onnxruntime_serves(build, row)
    )
    return ArchitectureSummary(
        capability=row.capability,
        generation=row.generation,
        minimum_cuda=row.minimum_cuda,
        maximum_cuda=row.maximum_cuda,
        first_torch=versions[0] if versions else None,
        last_torch=versions[-1] if versions else None,
        tags=tuple(_tag_summary(tag, builds) for tag in sorted({build.tag for build in builds})),
        nightly=tuple(
            channel.tag
            for channel in matrix.nightly
            if channel.is_live
            and platform == _NIGHTLY_PLATFORM
            and best_sass(channel.sass, row.capability, build_cuda=None) is not None
        ),
        minimum_driver_branch=row.minimum_driver_branch,
        maximum_driver_branch=row.maximum_driver_branch,
        minimum_onnxruntime=onnxruntime[0] if onnxruntime else None,
        maximum_onnxruntime=onnxruntime[-1] if onnxruntime else None,
        minimum_cudnn=row.minimum_cudnn,
        maximum_cudnn=row.maximum_cudnn,
    )


def _tag_summary(tag: str, builds: Iterable[TorchBuild]) -> TagSummary:
    versions = sorted(build.version for build in builds if build.tag == tag)
    return TagSummary(tag=tag, first_torch=versions[0], last_torch=versions[-1], index_url=f"{PYTORCH_INDEX_URL}/{tag}")
