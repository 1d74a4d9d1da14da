"""What a build is told about GPUs, toolkit and parallel compilers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gpuenv.build.toolkit import Toolkit
from gpuenv.build.variables import build_variables, jobs_for, parallel_jobs, parse_available_memory
from gpuenv.models.cuda import ComputeCapability, CudaVersion

DATA = Path(__file__).parents[1] / "data" / "build"
GIB = 1024**3
TOOLKIT = Toolkit(root=Path("/cuda"), nvcc=Path("/cuda/bin/nvcc"), version=CudaVersion(major=13, minor=0))


def test_each_gpu_is_named_once_in_the_words_of_torch_and_of_cmake() -> None:
    capabilities = [ComputeCapability.parse(text) for text in ("12.0", "8.6", "12.0")]
    assert build_variables(capabilities, TOOLKIT, {"PATH": "/bin"}, jobs=3) == {
        "TORCH_CUDA_ARCH_LIST": "8.6;12.0",
        "CMAKE_CUDA_ARCHITECTURES": "86-real;120-real",
        "CUDAARCHS": "86-real;120-real",
        "FORCE_CUDA": "1",
        "MAX_JOBS": "3",
        "CUDA_HOME": str(Path("/cuda")),
        "PATH": f"{Path('/cuda/bin')}{os.pathsep}/bin",
    }


def test_the_users_own_number_of_jobs_stays() -> None:
    assert build_variables((), TOOLKIT, {"MAX_JOBS": "7"}, jobs=3)["MAX_JOBS"] == "7"


@pytest.mark.parametrize(
    ("cores", "free_bytes", "jobs"), [(16, 64 * GIB, 16), (16, 9 * GIB, 2), (16, GIB, 1), (16, None, 8), (1, None, 1)]
)
def test_free_memory_limits_the_number_of_compilers(cores: int, free_bytes: int | None, jobs: int) -> None:
    assert jobs_for(cores, free_bytes) == jobs


def test_free_memory_is_read_in_bytes() -> None:
    assert parse_available_memory((DATA / "meminfo.txt").read_text()) == 23972708 * 1024
    assert parse_available_memory("") is None


def test_this_machine_runs_at_least_one_compiler() -> None:
    assert 1 <= parallel_jobs() <= (os.cpu_count() or 1)


def test_jobs_that_take_more_memory_than_usual_are_fewer() -> None:
    assert jobs_for(16, 36 * 1024**3) == 9
    assert jobs_for(16, 36 * 1024**3, job_bytes=9 * 1024**3) == 4
