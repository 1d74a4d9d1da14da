"""Whether the code generators of an environment write code that runs on the GPUs, and that the driver loads."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from gpuenv.models.notice import Notice
from gpuenv.rules.coverage import same_gpu

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gpuenv.models.binaries import CodeGenerator
    from gpuenv.models.cuda import ComputeCapability, CudaVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import ArchitectureRow

_FIRST_BLACKWELL: Final = 10
"""Major of the first compute capability for which Triton calls `ptxas-blackwell`."""


def nvrtc_faults(generators: Iterable[CodeGenerator], gpus: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Tell per GPU which NVRTC does not compile for it: `nvrtc: error: invalid value for --gpu-architecture`.

    One beside another of the same CUDA major that does is not loaded by those who need it.
    """
    asked = [found for found in generators if found.kind == "nvrtc" and found.architectures is not None]
    return tuple(
        Notice.of(
            "nvrtc-lacks-gpu",
            gpu=gpu.label,
            library=PurePath(found.path).name,
            cuda=str(found.cuda) if found.cuda else None,
            architectures=tuple(capability.sm for capability in found.architectures or ()),
        )
        for gpu in gpus
        for found in asked
        if not _compiles(found, gpu)
        and not any(_compiles(other, gpu) for other in asked if _major(other) == _major(found))
    )


def assembler_warnings(
    generators: Sequence[CodeGenerator],
    gpus: Sequence[Gpu],
    rows: Mapping[ComputeCapability, ArchitectureRow],
    *,
    driver_cuda: CudaVersion | None,
) -> tuple[Notice, ...]:
    """Tell per GPU what is wrong with the ptxas that Triton calls for it: torch.compile then fails, the rest works."""
    return tuple(notice for gpu in gpus for notice in _of_gpu(generators, gpu, rows, driver_cuda))


def _of_gpu(
    generators: Sequence[CodeGenerator],
    gpu: Gpu,
    rows: Mapping[ComputeCapability, ArchitectureRow],
    driver_cuda: CudaVersion | None,
) -> Iterator[Notice]:
    for capability in gpu.capabilities:
        found = _assembler(generators, capability)
        if found is None or found.cuda is None:
            continue
        facts = {"gpu": gpu.label, "program": PurePath(found.path).name, "cuda": str(found.cuda)}
        if not _assembles(found, capability, rows.get(capability)):
            yield Notice.of("ptxas-lacks-gpu", **facts)
        elif driver_cuda is not None and found.cuda.major > driver_cuda.major:
            yield Notice.of("assembler-newer-than-driver", driver_cuda=str(driver_cuda), **facts)


def _assembles(found: CodeGenerator, capability: ComputeCapability, row: ArchitectureRow | None) -> bool:
    """Tell whether an assembler knows a capability: by its own word, else by its CUDA version."""
    if found.architectures is not None:
        return any(same_gpu(one, capability) for one in found.architectures)
    if row is None or found.cuda is None:
        return True
    return row.minimum_cuda <= found.cuda and (row.maximum_cuda is None or found.cuda <= row.maximum_cuda)


def _assembler(generators: Sequence[CodeGenerator], capability: ComputeCapability) -> CodeGenerator | None:
    """Find the program that Triton calls for a GPU."""
    programs = {PurePath(found.path).stem: found for found in generators if found.kind == "ptxas"}
    if capability.major >= _FIRST_BLACKWELL and "ptxas-blackwell" in programs:
        return programs["ptxas-blackwell"]
    return programs.get("ptxas")


def _compiles(generator: CodeGenerator, gpu: Gpu) -> bool:
    made = generator.architectures or ()
    return all(any(same_gpu(one, capability) for one in made) for capability in gpu.capabilities)


def _major(generator: CodeGenerator) -> int | None:
    return generator.cuda.major if generator.cuda is not None else None
