"""What the names of native libraries tell: NVIDIA's own families, and what programs can do without."""

from __future__ import annotations

import re
from typing import Final

_FAMILIES: Final = re.compile(
    r"(?:lib)?(cublas|cudnn|cufft|curand|cusolver|cusparseLt|cusparse|cutensor|npp|nvjpeg)[\w.]*\.(?:so|dll)[\d.]*"
)
"""NVIDIA's own libraries keep one kernel per container and architecture, and choose or compile by themselves."""

_OPTIONAL: Final = re.compile(
    r"(?:lib)?(?:cupti|checkpoint|nvperf|pcsamplingutil|cufile|cufftw|cusolverMg|cusparseLt|nccl|nvshmem|torch_nvshmem"
    r"|torch_cuda_linalg|onnxruntime_providers_tensorrt)[\w.]*\.(?:so|dll)[\d.]*"
)
"""Libraries that serve profiling, several GPUs, storage, sparse formats or TensorRT; MAGMA (`torch_cuda_linalg`), in
whose place torch takes cuSOLVER. Without them the rest works."""

_VARIANT: Final = re.compile(r"cuda[_-]?\d+")


def family_of(filename: str) -> str | None:
    """Name the family of NVIDIA's libraries that a file belongs to: `cudnn`, `cublas` (with cuBLASLt); None for others.

    A library of a family picks its kernels itself, so that one image for the GPU anywhere in the family is support.
    """
    found = _FAMILIES.fullmatch(filename)
    return found[1] if found is not None else None


def is_optional(filename: str) -> bool:
    """Tell whether programs work on a GPU which this library does not serve."""
    return _OPTIONAL.fullmatch(filename) is not None


def variant_of(path: str) -> str:
    """Name a library by what it has in common with those that come for other CUDA versions.

    Of `libbitsandbytes_cuda128.so` and its likes only one is loaded.
    """
    return _VARIANT.sub("cuda", path)
