"""How the GPU code of one library serves a GPU: the share of its containers that hold an image which runs there.

A union over a library hides that a kernel is missing: in torch 2.15.0 one container of 476 holds sm_89, while all hold
sm_86. So containers are counted, not architectures.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.models.binaries import CodeKind, LibraryVerdict
from gpuenv.rules.coverage import ptx_compiles_for, sass_runs_on

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.models.binaries import CodeSummary, Images
    from gpuenv.models.cuda import ComputeCapability, CudaVersion

NEARLY_ALL: Final = 2 / 3
"""The share from which code counts as that of the library. ONNX Runtime 1.31.1 has sm_75 in 217 of its 308 containers
(the rest are kernels that Turing cannot run, and it runs on Turing); the extras seen are in at most one of eight."""

_FEW: Final = 4
"""Containers that are general are the measure, unless they are fewer than one in this many."""

_CHOOSING: Final = re.compile(
    r"(?:lib)?(?:cublas|cudnn|cufft|curand|cusolver|cusparse|cutensor|npp[a-z]|nvjpeg)\w*?(?:64)?(?:_\d+)*\.(?:so|dll).*"
)
"""NVIDIA's own libraries keep one kernel per container and architecture, and choose or compile by themselves."""

_OPTIONAL: Final = re.compile(
    r"(?:lib)?(?:cupti|checkpoint|nvperf|pcsamplingutil|cufile|cufftw|cusolverMg|cusparseLt|nccl|nvshmem|torch_nvshmem"
    r"|torch_cuda_linalg)\w*?(?:64)?(?:_\d+)*\.(?:so|dll).*"
)
"""Libraries that serve profiling, several GPUs, storage or sparse formats; MAGMA (`torch_cuda_linalg`), in whose place
torch takes cuSOLVER. Without them the rest works."""


def chooses_by_itself(filename: str) -> bool:
    """Tell whether a library picks its kernels itself, so that one image for the GPU anywhere in it is support."""
    return _CHOOSING.fullmatch(filename) is not None


def is_optional(filename: str) -> bool:
    """Tell whether programs work on a GPU which this library does not serve."""
    return _OPTIONAL.fullmatch(filename) is not None


def library_verdict(
    summary: CodeSummary,
    capability: ComputeCapability,
    *,
    build_cuda: CudaVersion | None = None,
    chooses: bool = False,
) -> LibraryVerdict:
    """Judge the code of one library for one GPU; `chooses` is `chooses_by_itself` of its name."""
    judged = (*summary.combinations, *summary.embedded) if chooses else judged_containers(summary)
    total = _total(judged)
    if not total:
        return LibraryVerdict(kind="none", share=0.0)
    native = served = 0
    for images, number in judged:
        if _has_sass(images, capability, build_cuda):
            native += number
            served += number
        elif _has_ptx(images, capability):
            served += number
    enough = 0.0 if chooses else NEARLY_ALL
    if native > enough * total:
        return LibraryVerdict(kind="sass", share=native / total)
    if served > enough * total:
        return LibraryVerdict(kind="ptx", share=served / total)
    return LibraryVerdict(kind="none", share=served / total)


def judged_containers(summary: CodeSummary) -> tuple[tuple[Images, int], ...]:
    """Choose the containers that speak for a library.

    Those which the runtime loads, with the embedded ones where these are more (cuFFT). Without those whose every image
    is for one capability or family only (`sm_90a`): kernels written for it, which are missed on no other GPU.
    """
    runtime, embedded = _total(summary.combinations), _total(summary.embedded)
    found = (*summary.combinations, *summary.embedded) if embedded > runtime else summary.combinations
    general = tuple((images, number) for images, number in found if _is_general(images))
    return general if _total(general) * _FEW >= _total(found) else found


def _is_general(images: Images) -> bool:
    return any(kind is not CodeKind.LTO_IR and not architecture.suffix for kind, architecture in images)


def _has_sass(images: Images, capability: ComputeCapability, build_cuda: CudaVersion | None) -> bool:
    return any(
        kind is CodeKind.SASS and sass_runs_on(architecture, capability, build_cuda=build_cuda)
        for kind, architecture in images
    )


def _has_ptx(images: Images, capability: ComputeCapability) -> bool:
    return any(kind is CodeKind.PTX and ptx_compiles_for(architecture, capability) for kind, architecture in images)


def _total(counted: Iterable[tuple[Images, int]]) -> int:
    return sum(number for _, number in counted)
