"""The releases of Triton, and the assemblers that they bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.version import Version

    from gpuenv.models.cuda import ComputeCapability, CudaVersion
    from gpuenv.models.matrix import Provenance

_FIRST_BLACKWELL: Final = 10
"""Major of the first compute capability for which Triton calls `ptxas-blackwell`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonRelease:
    """One release of Triton with the assemblers in its wheels: what torch.compile hands to the driver."""

    version: Version
    ptxas: CudaVersion
    """CUDA version of its `ptxas`."""
    ptxas_blackwell: CudaVersion | None
    """CUDA version of its `ptxas-blackwell`, used for capabilities from 10.0 on; None where it has only one."""
    provenance: Provenance

    def ptxas_for(self, capability: ComputeCapability) -> CudaVersion:
        """Tell which CUDA version the machine code comes from that it makes for a GPU."""
        if self.ptxas_blackwell is not None and capability.major >= _FIRST_BLACKWELL:
            return self.ptxas_blackwell
        return self.ptxas
