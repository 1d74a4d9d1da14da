from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gpuenv.detect.details.details import detail_problems, parse_memory, read_details
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.hardware import (
    CompilerLimits,
    CudaToolkit,
    CudnnLibrary,
    HostCompiler,
    HostDetails,
    ShadowingFolder,
)
from gpuenv.models.notice import Notice
from gpuenv.report.messages import phrase
from support.machine_roots import add_distribution, add_kernel_module, surroundings, write

if TYPE_CHECKING:
    from pathlib import Path

GCC_15 = HostCompiler(family="gcc", path="/usr/bin/g++", version="15.1.1")
CUDA_12_8 = CudaToolkit(
    root="/usr/local/cuda-12.8",
    version=CudaVersion(major=12, minor=8),
    nvcc="/usr/local/cuda-12.8/bin/nvcc",
    limits=CompilerLimits(gcc=14, clang=19, msc=1949),
)
NOTHING = HostDetails(system="", kernel="", kernel_module=None, memory_bytes=None, disk_free_bytes=None)


@pytest.mark.skipif(os.name != "posix", reason="a Linux machine is described")
def test_a_machine_is_described_from_its_files(tmp_path: Path) -> None:
    add_distribution(tmp_path, 'PRETTY_NAME="Ubuntu 24.04.3 LTS"', "ID=ubuntu")
    add_kernel_module(tmp_path, "580.95.05")
    write(tmp_path / "proc/meminfo", "MemTotal:       65741008 kB\nMemFree: 1 kB\n")
    write(tmp_path / "usr/local/cuda-12.8/version.json", '{"cuda": {"name": "CUDA SDK", "version": "12.8.1"}}')
    write(tmp_path / "lib/libcudnn.so.9", "")
    write(tmp_path / "other/libz.so.1", "")
    write(tmp_path / "programs/x86_64-linux-gnu-g++-13", "")
    (tmp_path / "programs/x86_64-linux-gnu-g++-13").chmod(0o755)
    (tmp_path / "programs/g++").symlink_to("x86_64-linux-gnu-g++-13")
    environ = {
        "PATH": f"{tmp_path}/programs",
        "LD_LIBRARY_PATH": f"{tmp_path}/other:{tmp_path}/lib::{tmp_path}/none",
    }
    details = read_details(surroundings(tmp_path, environ), root=tmp_path)
    assert details == HostDetails(
        system="Ubuntu 24.04.3 LTS",
        kernel=os.uname().release,
        kernel_module="open",
        memory_bytes=65741008 * 1024,
        disk_free_bytes=details.disk_free_bytes,
        toolkits=(CudaToolkit(root=str(tmp_path / "usr/local/cuda-12.8"), version=CudaVersion(major=12, minor=8)),),
        compilers=(HostCompiler(family="gcc", path=str(tmp_path / "programs/g++"), version="13"),),
        cudnn=(CudnnLibrary(path=str(tmp_path / "lib/libcudnn.so.9"), version="9"),),
        shadowing=(ShadowingFolder(path=str(tmp_path / "lib"), libraries=("libcudnn.so.9",)),),
    )
    assert details.disk_free_bytes is not None


def test_memory_that_is_not_told_is_unknown() -> None:
    assert parse_memory("") is None


def test_a_compiler_that_the_toolkit_refuses_is_named_with_the_newest_that_it_takes() -> None:
    details = replace(NOTHING, toolkits=(CUDA_12_8,), compilers=(GCC_15,))
    (problem,) = detail_problems(details)
    assert problem == Notice.of(
        "compiler-too-new-for-toolkit",
        toolkit="12.8",
        root="/usr/local/cuda-12.8",
        family="GCC",
        newest=14,
        compiler="/usr/bin/g++",
        version="15.1.1",
        command="export CC=gcc-14 CXX=g++-14",
    )
    assert phrase(problem.code, problem.context, "en").hints == ("export CC=gcc-14 CXX=g++-14",)


@pytest.mark.parametrize(
    "details",
    [
        replace(NOTHING, toolkits=(CUDA_12_8,), compilers=(replace(GCC_15, version="14"),)),
        replace(NOTHING, toolkits=(CUDA_12_8,), compilers=(replace(GCC_15, version=None),)),
        replace(NOTHING, toolkits=(CUDA_12_8,)),
        replace(NOTHING, compilers=(GCC_15,)),
        replace(NOTHING, toolkits=(replace(CUDA_12_8, limits=None),), compilers=(GCC_15,)),
        replace(
            NOTHING,
            toolkits=(CUDA_12_8,),
            compilers=(HostCompiler(family="msvc", path="cl.exe", version="1944"),),
        ),
    ],
)
def test_what_fits_or_is_not_known_is_no_problem(details: HostDetails) -> None:
    assert detail_problems(details) == ()


def test_folders_that_shadow_the_wheels_are_named_with_their_libraries() -> None:
    shadow = ShadowingFolder(path="/opt/cuda/lib64", libraries=("libcublas.so.12", "libcudnn.so.9"))
    (problem,) = detail_problems(replace(NOTHING, shadowing=(shadow,)))
    assert problem == Notice.of("libraries-shadowed", folders=("/opt/cuda/lib64 (libcublas.so.12, libcudnn.so.9)",))
