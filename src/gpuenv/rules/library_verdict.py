"""How the GPU code of one library serves a GPU: the share of its containers that hold an image which runs there.

A union over a library hides that a kernel is missing: in torch 2.15.0 one container of 476 holds sm_89, while all hold
sm_86. So containers are counted, not architectures.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.models.binaries import CodeKind, LibraryVerdict
from gpuenv.models.notice import Notice
from gpuenv.rules.containers import NEARLY_ALL, judged_containers, total
from gpuenv.rules.coverage import ptx_compiles_for, sass_runs_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpuenv.models.binaries import CodeSummary, Images, JudgedFile
    from gpuenv.models.cuda import ComputeCapability, CudaVersion
    from gpuenv.models.hardware import Gpu

_CHOOSING: Final = re.compile(
    r"(?:lib)?(?:cublas|cudnn|cufft|curand|cusolver|cusparse|cutensor|npp[a-z]|nvjpeg)[\w.]*\.(?:so|dll)[\d.]*"
)
"""NVIDIA's own libraries keep one kernel per container and architecture, and choose or compile by themselves."""

_OPTIONAL: Final = re.compile(
    r"(?:lib)?(?:cupti|checkpoint|nvperf|pcsamplingutil|cufile|cufftw|cusolverMg|cusparseLt|nccl|nvshmem|torch_nvshmem"
    r"|torch_cuda_linalg)[\w.]*\.(?:so|dll)[\d.]*"
)
"""Libraries that serve profiling, several GPUs, storage or sparse formats; MAGMA (`torch_cuda_linalg`), in whose place
torch takes cuSOLVER. Without them the rest works."""

_VARIANT: Final = re.compile(r"cuda[_-]?\d+")


def chooses_by_itself(filename: str) -> bool:
    """Tell whether a library picks its kernels itself, so that one image for the GPU anywhere in it is support."""
    return _CHOOSING.fullmatch(filename) is not None


def is_optional(filename: str) -> bool:
    """Tell whether programs work on a GPU which this library does not serve."""
    return _OPTIONAL.fullmatch(filename) is not None


def verdicts_for(filename: str, summary: CodeSummary, gpus: Iterable[Gpu]) -> tuple[tuple[str, LibraryVerdict], ...]:
    """Judge a library for each GPU; one whose name stands for several capabilities gets the worst of them."""
    chooses = chooses_by_itself(filename)
    return tuple(
        (
            gpu.name,
            min(
                (library_verdict(summary, capability, chooses=chooses) for capability in gpu.capabilities),
                key=rank,
                default=LibraryVerdict(kind="none", share=0.0),
            ),
        )
        for gpu in gpus
    )


def rank(verdict: LibraryVerdict) -> tuple[int, float]:
    """Order verdicts, the worst first."""
    return ("none", "ptx", "sass").index(verdict.kind), verdict.share


def uncovered(judged: Sequence[JudgedFile], gpus: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Tell per GPU which needed libraries have nothing for it; the verdicts are in the order of `gpus`.

    Of libraries that come once per CUDA version (`libbitsandbytes_cuda128.so`) only one is loaded: one is enough.
    """
    if gpus and judged and not any(file.verdicts for file in judged):
        return (Notice.of("no-gpu-code", files=tuple(file.filename for file in judged)),)
    found = []
    for number, gpu in enumerate(gpus):
        lacking: dict[tuple[str | None, str], list[str]] = {}
        covered = set()
        for file in judged:
            if file.verdicts and file.is_required:
                variants = (file.file.distribution, _VARIANT.sub("cuda", file.file.path))
                lacking.setdefault(variants, []).append(file.filename)
                if file.verdicts[number][1].kind != "none":
                    covered.add(variants)
        names = tuple(name for variants, names in lacking.items() if variants not in covered for name in names)
        if names:
            found.append(Notice.of("libraries-lack-gpu", gpu=gpu.label, files=names))
    return tuple(found)


def library_verdict(
    summary: CodeSummary,
    capability: ComputeCapability,
    *,
    build_cuda: CudaVersion | None = None,
    chooses: bool = False,
) -> LibraryVerdict:
    """Judge the code of one library for one GPU; `chooses` is `chooses_by_itself` of its name."""
    judged = (*summary.combinations, *summary.embedded) if chooses else judged_containers(summary)
    count = total(judged)
    if not count:
        return LibraryVerdict(kind="none", share=0.0)
    native = served = 0
    for images, number in judged:
        if _has_sass(images, capability, build_cuda):
            native += number
            served += number
        elif _has_ptx(images, capability):
            served += number
    enough = 0.0 if chooses else NEARLY_ALL
    if native > enough * count:
        return LibraryVerdict(kind="sass", share=native / count)
    if served > enough * count:
        return LibraryVerdict(kind="ptx", share=served / count)
    return LibraryVerdict(kind="none", share=served / count)


def _has_sass(images: Images, capability: ComputeCapability, build_cuda: CudaVersion | None) -> bool:
    return any(
        kind is CodeKind.SASS and sass_runs_on(architecture, capability, build_cuda=build_cuda)
        for kind, architecture in images
    )


def _has_ptx(images: Images, capability: ComputeCapability) -> bool:
    return any(kind is CodeKind.PTX and ptx_compiles_for(architecture, capability) for kind, architecture in images)
