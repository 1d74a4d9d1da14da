"""Which GPUs the releases of NVIDIA's libraries serve, by what is known of them and not by one file of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.version import Version

    from gpuenv.models.cuda import ComputeCapability, CudaVersion
    from gpuenv.models.matrix import ArchitectureRow

_OF_THE_TOOLKIT: Final = frozenset({"cublas", "cufft", "curand", "cusolver", "cusparse", "npp", "nvjpeg"})
"""Families that come with a CUDA toolkit and serve what its compiler serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLibraries:
    """The releases that an environment has, and the rows of the matrix about them."""

    toolkit: CudaVersion | None
    """CUDA version of its toolkit libraries; None where that is not established."""
    cudnn: Version | None
    architectures: tuple[ArchitectureRow, ...]

    def drops(self, family: str, capability: ComputeCapability) -> bool:
        """Tell whether a family's release is known not to serve a GPU, whatever is left of code for it in a file.

        cuSPARSE of CUDA 13 holds kernels for 7.0, which that toolkit dropped.
        """
        row = next((row for row in self.architectures if row.capability == capability), None)
        if row is None:
            return False
        if family == "cudnn":
            return self.cudnn is not None and not _within(self.cudnn, row.minimum_cudnn, row.maximum_cudnn)
        if family not in _OF_THE_TOOLKIT or self.toolkit is None:
            return False
        # Older toolkits serve newer GPUs of a major they know, and by PTX: there the code decides.
        return row.maximum_cuda is not None and self.toolkit > row.maximum_cuda


def _within(version: Version, first: Version | None, last: Version | None) -> bool:
    """Compare in as many numbers as the limit has: the wheel of cuDNN 9.10.2 is 9.10.2.21."""
    return (first is None or version >= first) and (
        last is None or version.release[: len(last.release)] <= last.release
    )
