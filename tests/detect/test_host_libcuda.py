"""Machines on which libcuda has to be asked; the library is compiled by the tests."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

import pytest

from gpuenv.detect.host import detect_host
from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.hardware import Driver, Gpu, Presence, Probe
from support.machine_roots import add_kernel_module, add_pci, no_models, surroundings, write
from support.nvml import FOLDER, Device, build_shared, install_nvml, uuid

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the library is compiled with cc")

SOURCE = Path(__file__).parents[1] / "support" / "libcuda.c"


@cache
def built() -> Path:
    return build_shared(SOURCE, "libcuda.so.1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / FOLDER).mkdir(parents=True)
    shutil.copy(built(), tmp_path / FOLDER / "libcuda.so.1")
    return tmp_path


def test_a_jetson_is_described_by_libcuda(root: Path) -> None:
    write(root / "proc/device-tree/compatible", "nvidia,p3768-0000+p3767-0000\0nvidia,tegra234\0")
    add_kernel_module(root, "540.4.0")
    environ = {"FAKE_CUDA_VERSION": "12060", "FAKE_CUDA_DEVICES": "Orin|87|"}
    host = detect_host(surroundings(root, environ), gpu_models=no_models, root=root)
    assert host.presence is Presence.PRESENT
    assert host.gpus == (
        Gpu(
            name="Orin",
            capabilities=(ComputeCapability(major=8, minor=7),),
            probe=Probe.LIBCUDA,
            index=0,
            uuid="GPU-10101010-1010-1010-1010-101010101010",
            memory_bytes=8 * 1024**3,
        ),
    )
    assert host.driver == Driver(
        version=DriverVersion.parse("540.4.0"), cuda_version=CudaVersion(major=12, minor=6), probe=Probe.PROCFS
    )


def test_a_container_with_only_compute_is_described_by_libcuda(root: Path) -> None:
    add_pci(root, "0000:01:00.0", "0x10de", "0x1eb8", driver="nvidia")
    add_kernel_module(root, "580.95.05")
    write(root / ".dockerenv", "")
    environ = {"FAKE_CUDA_VERSION": "13000", "FAKE_CUDA_DEVICES": "Tesla T4|75|0000:01:00.0"}
    host = detect_host(surroundings(root, environ), gpu_models=no_models, root=root)
    assert host.presence is Presence.PRESENT
    assert [gpu.label for gpu in host.gpus] == ["Tesla T4 (7.5)"]
    assert host.problems == ()


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("803", "driver-library-mismatch"),
        ("804", "forward-compat-refused"),
        ("802", "driver-not-ready"),
        ("100", "driver-does-not-serve-gpu"),
    ],
)
def test_a_refusal_of_cuda_is_told_by_its_reason(root: Path, code: str, problem: str) -> None:
    add_pci(root, "0000:01:00.0", "0x10de", "0xfffe", driver="nvidia")
    add_kernel_module(root, "580.95.05")
    environ = {"FAKE_CUDA_VERSION": "13000", "FAKE_CUDA_INIT": code}
    host = detect_host(surroundings(root, environ), gpu_models=tuple, root=root)
    assert host.presence is Presence.UNUSABLE
    assert [found.code for found in host.problems] == [problem]


def test_ordinals_between_different_cards_are_read_by_cuda(root: Path) -> None:
    old = Device(name="NVIDIA GeForce GTX 1080 Ti", pci="1B06", capability="6.1", memory_bytes=11 * 1024**3)
    new = Device(name="NVIDIA GeForce RTX 5090", pci="2B85", capability="12.0", memory_bytes=32 * 1024**3)
    machine = install_nvml(root, "driver\t580.95.05\t13.580.95.05\t13000", old, new)
    environ = {
        **machine,
        "CUDA_VISIBLE_DEVICES": "0",
        "FAKE_CUDA_VERSION": "13000",
        "FAKE_CUDA_DEVICES": "NVIDIA GeForce RTX 5090|120|0000:02:00.0",
    }
    host = detect_host(surroundings(root, environ), gpu_models=no_models, root=root)
    assert [(gpu.name, gpu.uuid, gpu.probe) for gpu in host.gpus] == [("NVIDIA GeForce RTX 5090", uuid(1), Probe.NVML)]
