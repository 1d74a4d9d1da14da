"""The environment variables that make CUDA extensions build for given GPUs, within this machine's means."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.models.cuda import ComputeCapability

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gpuenv.build.toolkit import Toolkit

_AVAILABLE: Final = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)
_GIB: Final = 1024**3
USUAL_JOB_GIB: Final = 4
"""What one nvcc of a template-heavy extension takes at its peak; more jobs than that end in `Killed`."""

_CUDA_13: Final = 13
_THOR_BEFORE_CUDA_13: Final = ComputeCapability(major=10, minor=1)
_THOR: Final = ComputeCapability(major=11, minor=0)


def build_variables(
    capabilities: Iterable[ComputeCapability],
    toolkit: Toolkit,
    environ: Mapping[str, str],
    *,
    jobs: int,
    with_ptx: bool = False,
    own_variable: str | None = None,
) -> dict[str, str]:
    """Make the variables that name the GPUs, the toolkit and the number of parallel compilers.

    `TORCH_CUDA_ARCH_LIST` is read by torch's CUDAExtension, `CMAKE_CUDA_ARCHITECTURES` and `CUDAARCHS` by CMake, and
    `own_variable` by the one package that has its own (`FLASH_ATTN_CUDA_ARCHS`). `with_ptx` adds PTX of the newest.
    `FORCE_CUDA` makes setup scripts that look for a GPU build for CUDA without one. A `MAX_JOBS` of the user's stays.
    """
    wanted = sorted({_named_by(capability, toolkit) for capability in capabilities})
    listed = ";".join(str(capability) for capability in wanted)
    numbers = [capability.sm.removeprefix("sm_") for capability in wanted]
    real = ";".join(f"{number}-real" for number in numbers)
    if with_ptx and wanted:
        listed += "+PTX"
        real = real.removesuffix("-real")  # CMake: a number alone is both
    own = {own_variable: ";".join(numbers)} if own_variable and own_variable != "TORCH_CUDA_ARCH_LIST" else {}
    return {
        **own,
        "TORCH_CUDA_ARCH_LIST": listed,
        "CMAKE_CUDA_ARCHITECTURES": real,
        "CUDAARCHS": real,
        "FORCE_CUDA": "1",
        "MAX_JOBS": environ.get("MAX_JOBS") or str(jobs),
        "CUDA_HOME": str(toolkit.root),
        "PATH": os.pathsep.join((str(toolkit.root / "bin"), environ.get("PATH", ""))),
    }


def _named_by(capability: ComputeCapability, toolkit: Toolkit) -> ComputeCapability:
    """Give a GPU the name that this nvcc has for it: Thor is 10.1 up to CUDA 12, and 11.0 from 13 on."""
    names = (_THOR_BEFORE_CUDA_13, _THOR)
    if capability not in names:
        return capability
    return names[toolkit.version.major >= _CUDA_13]


def parallel_jobs(job_gib: int | None = None) -> int:
    """How many compilers this machine runs at once: its usable cores, as far as its free memory goes.

    `job_gib` is what one of them takes at its peak, where that is known.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return jobs_for(cores, available_memory(), job_bytes=(job_gib or USUAL_JOB_GIB) * _GIB)


def available_memory() -> int | None:
    """Bytes of memory that are free for a build; None where this system does not tell."""
    return parse_available_memory(_meminfo())


def jobs_for(cores: int, free_bytes: int | None, *, job_bytes: int = USUAL_JOB_GIB * _GIB) -> int:
    """Limit the cores by the memory that is free; None: unknown, half of the cores.

    >>> jobs_for(16, 9 * 1024**3), jobs_for(16, None), jobs_for(2, 0)
    (2, 8, 1)
    """
    if free_bytes is None:
        return max(1, cores // 2)
    return max(1, min(cores, free_bytes // job_bytes))


def parse_available_memory(text: str) -> int | None:
    """Read `/proc/meminfo`, in bytes; `tests/data/build/meminfo.txt` is a sample."""
    found = _AVAILABLE.search(text)
    return int(found[1]) * 1024 if found else None


def _meminfo() -> str:
    try:
        return Path("/proc/meminfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""  # there is none on this system: then nothing is known of its memory
