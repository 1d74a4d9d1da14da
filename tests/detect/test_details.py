from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gpuenv.detect.details import parse_memory, parse_toolkit, read_details
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.hardware import CudaToolkit, HostDetails
from support.machine_roots import add_distribution, add_kernel_module, surroundings, write

if TYPE_CHECKING:
    from pathlib import Path

V12_8 = CudaVersion(major=12, minor=8)


@pytest.mark.skipif(os.name != "posix", reason="a Linux machine is described")
def test_a_machine_is_described_from_its_files(tmp_path: Path) -> None:
    add_distribution(tmp_path, 'PRETTY_NAME="Ubuntu 24.04.3 LTS"', "ID=ubuntu")
    add_kernel_module(tmp_path, "580.95.05")
    write(tmp_path / "proc/meminfo", "MemTotal:       65741008 kB\nMemFree: 1 kB\n")
    write(tmp_path / "usr/local/cuda-12.8/version.json", '{"cuda": {"name": "CUDA SDK", "version": "12.8.1"}}')
    (tmp_path / "usr/local/cuda").symlink_to("cuda-12.8")
    write(tmp_path / "opt/cuda/bin/nvcc", "")
    write(tmp_path / "lib/libcudnn.so.9", "")
    write(tmp_path / "other/libz.so.1", "")
    environ = {
        "CUDA_HOME": str(tmp_path / "opt/cuda"),
        "LD_LIBRARY_PATH": f"{tmp_path}/other:{tmp_path}/lib::{tmp_path}/none",
    }
    details = read_details(surroundings(tmp_path, environ), root=tmp_path)
    assert details == HostDetails(
        system="Ubuntu 24.04.3 LTS",
        kernel=os.uname().release,
        kernel_module="open",
        memory_bytes=65741008 * 1024,
        disk_free_bytes=details.disk_free_bytes,
        toolkits=(
            CudaToolkit(root=str(tmp_path / "opt/cuda"), version=None),
            CudaToolkit(root=str(tmp_path / "usr/local/cuda-12.8"), version=V12_8),
        ),
        shadowing=(str(tmp_path / "lib"),),
    )
    assert details.disk_free_bytes is not None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('{"cuda": {"name": "CUDA SDK", "version": "12.8.1"}}', V12_8),
        ("CUDA Version 10.2.89\n", CudaVersion(major=10, minor=2)),
        ('{"nvcc": {}}', None),
        ("garbage", None),
    ],
)
def test_a_toolkit_tells_its_version(text: str, version: CudaVersion | None) -> None:
    assert parse_toolkit(text) == version


def test_memory_that_is_not_told_is_unknown() -> None:
    assert parse_memory("") is None
