from __future__ import annotations

import os
from pathlib import Path

import pytest

from gpuenv.detect.details.toolkits import parse_compiler_limits, parse_cuda_header, parse_toolkit, read_toolkits
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.hardware import CompilerLimits, CudaToolkit
from support.machine_roots import write

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a Linux machine is described")

DATA = Path(__file__).parents[2] / "data" / "detect" / "toolkit"
V12_8 = CudaVersion(major=12, minor=8)
V13_0 = CudaVersion(major=13, minor=0)


def text(name: str) -> str:
    return (DATA / f"{name}.txt").read_text(encoding="utf-8")


def add_toolkit(folder: Path, version: str) -> Path:
    write(folder / "version.json", f'{{"cuda": {{"name": "CUDA SDK", "version": "{version}"}}}}')
    write(folder / "bin/nvcc", "")
    (folder / "bin/nvcc").chmod(0o755)
    return folder


def toolkit(folder: Path, version: CudaVersion, limits: CompilerLimits | None = None) -> CudaToolkit:
    return CudaToolkit(root=str(folder), version=version, nvcc=str(folder / "bin/nvcc"), limits=limits)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("host_config-13.0", CompilerLimits(gcc=15, clang=20, msc=1949)),
        ("host_config-12.8", CompilerLimits(gcc=14)),
        ("host_config-8.0", CompilerLimits(gcc=5)),
    ],
)
def test_the_header_tells_which_compilers_are_accepted(name: str, limits: CompilerLimits) -> None:
    assert parse_compiler_limits(text(name)) == limits


def test_a_limit_that_is_the_first_refused_is_told_as_the_last_accepted() -> None:
    assert parse_compiler_limits("#if (__clang_major__ >= 19) || (__clang_major__ < 3)\n") == CompilerLimits(clang=18)


def test_a_header_that_says_nothing_limits_nothing() -> None:
    assert parse_compiler_limits("#pragma once\n") == CompilerLimits()


@pytest.mark.parametrize(
    ("content", "version"),
    [
        ('{"cuda": {"name": "CUDA SDK", "version": "12.8.1"}}', V12_8),
        ("CUDA Version 10.2.89\n", CudaVersion(major=10, minor=2)),
        ('{"nvcc": {}}', None),
        ("garbage", None),
    ],
)
def test_a_toolkit_tells_its_version(content: str, version: CudaVersion | None) -> None:
    assert parse_toolkit(content) == version


def test_a_toolkit_without_a_version_file_tells_by_its_header() -> None:
    assert parse_cuda_header("/* ... */\n#define CUDA_VERSION 13000\n") == V13_0
    assert parse_cuda_header("#define __CUDA_API_VERSION\n") is None


def test_toolkits_come_in_the_order_in_which_builds_find_them(tmp_path: Path) -> None:
    chosen = add_toolkit(tmp_path / "chosen", "12.8.1")
    on_path = add_toolkit(tmp_path / "tools/cuda", "13.0.2")
    newer = add_toolkit(tmp_path / "usr/local/cuda-13.1", "13.1.0")
    older = add_toolkit(tmp_path / "usr/local/cuda-11.8", "11.8.0")
    (tmp_path / "usr/local/cuda").symlink_to("cuda-11.8")
    environ = {"CUDA_HOME": str(chosen), "PATH": f"relative:{on_path}/bin"}
    assert read_toolkits(environ, root=tmp_path) == (
        toolkit(chosen, V12_8),
        toolkit(on_path, V13_0),
        toolkit(older, CudaVersion(major=11, minor=8)),
        toolkit(newer, CudaVersion(major=13, minor=1)),
    )


def test_the_limits_are_read_from_the_toolkits_own_header(tmp_path: Path) -> None:
    folder = add_toolkit(tmp_path / "usr/local/cuda-13.0", "13.0.0")
    write(folder / "targets/x86_64-linux/include/crt/host_config.h", text("host_config-13.0"))
    expected = toolkit(folder, V13_0, CompilerLimits(gcc=15, clang=20, msc=1949))
    assert read_toolkits({}, root=tmp_path) == (expected,)


def test_a_script_called_nvcc_is_no_toolkit(tmp_path: Path) -> None:
    write(tmp_path / "usr/local/bin/nvcc", "#!/bin/sh\n")
    (tmp_path / "usr/local/bin/nvcc").chmod(0o755)
    assert read_toolkits({"PATH": str(tmp_path / "usr/local/bin")}, root=tmp_path) == ()


def test_a_toolkit_of_the_distribution_tells_by_cuda_h(tmp_path: Path) -> None:
    write(tmp_path / "usr/include/cuda.h", "#define CUDA_VERSION 12080\n")
    write(tmp_path / "usr/bin/nvcc", "")
    (tmp_path / "usr/bin/nvcc").chmod(0o755)
    assert read_toolkits({"PATH": str(tmp_path / "usr/bin")}, root=tmp_path) == (toolkit(tmp_path / "usr", V12_8),)
