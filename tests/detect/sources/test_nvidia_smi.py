from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gpuenv.detect.host import detect_host
from gpuenv.detect.sources.answers import BrokenDevice
from gpuenv.detect.sources.nvidia_smi import parse_header_cuda, parse_header_driver, parse_nvidia_smi
from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.hardware import Driver, Gpu, Presence, Probe
from support.machine_roots import add_pci, no_models, surroundings
from support.machines import matrix

DATA = Path(__file__).parents[2] / "data" / "detect" / "nvidia-smi"
MIB = 1024**2

RTX_5090 = Gpu(
    name="NVIDIA GeForce RTX 5090",
    capabilities=(ComputeCapability(major=12, minor=0),),
    probe=Probe.NVIDIA_SMI,
    index=0,
    uuid="GPU-0d2c6f0e-7b1a-4c55-9f61-2f8a0f0f7c11",
    pci_device_id="2B85",
    pci_bus_id="00000000:01:00.0",
    memory_bytes=32607 * MIB,
)


def text(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def install(root: Path, script: str) -> None:
    program = root / "usr/bin/nvidia-smi"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def test_a_row_tells_everything_of_a_card() -> None:
    answer = parse_nvidia_smi(text("one-rtx-5090.csv"), 0)
    assert answer.gpus == (RTX_5090,)
    assert answer.driver_version == DriverVersion.parse("580.95.05")


def test_every_card_has_a_row() -> None:
    answer = parse_nvidia_smi(text("two-cards.csv"), 0)
    assert [gpu.label for gpu in answer.gpus] == ["NVIDIA TITAN V (7.0)", "NVIDIA RTX 5880 Ada Generation (8.9)"]
    assert [gpu.pci_device_id for gpu in answer.gpus] == ["1D81", "26B3"]


def test_a_row_of_an_old_program_has_no_capability() -> None:
    answer = parse_nvidia_smi(text("r440-rtx-2080.csv"), 0)
    assert answer.gpus == (
        Gpu(
            name="GeForce RTX 2080",
            capabilities=(),
            probe=Probe.NVIDIA_SMI,
            index=0,
            uuid="GPU-22b2c6ac-2d49-4863-197c-9c469071178a",
            pci_device_id="1E82",
            pci_bus_id="00000000:0A:00.0",
            memory_bytes=7979 * MIB,
        ),
    )
    assert answer.driver_version == DriverVersion.parse("440.64")


def test_cells_that_tell_nothing_are_unknown_and_decimal_commas_are_read() -> None:
    gpus = parse_nvidia_smi(text("cells-not-told.csv"), 0).gpus
    assert [(gpu.index, gpu.label, gpu.uuid, gpu.memory_bytes) for gpu in gpus] == [
        (0, "Quadro M1000M (?)", "GPU-3a1e44a7-93ac-1bde-1da5-1d0f6a2f2a60", None),
        (1, "GeForce 920M (3.5)", None, 2004 * MIB),
        (2, "NVIDIA GB10 (12.1)", "GPU-7c2f2f0a-1111-2222-3333-444444444444", None),
        (3, "NVIDIA GeForce RTX 3080 (?)", None, None),
    ]


def test_a_lost_card_is_named_beside_the_others() -> None:
    answer = parse_nvidia_smi(text("one-lost.txt"), 15)
    assert [gpu.label for gpu in answer.gpus] == ["Tesla T4 (7.5)"]
    assert answer.broken == (
        BrokenDevice(place="0000:02:00.0", detail="GPU is lost.  Reboot the system to recover this GPU"),
    )


@pytest.mark.parametrize(
    ("name", "exit_code", "outcome"),
    [
        ("no-driver.txt", 9, "driver-not-loaded"),
        ("mismatch.txt", 18, "driver-library-mismatch"),
        ("no-permission.txt", 4, "driver-no-permission"),
        ("unknown-error.txt", 255, "driver-access-lost"),
        ("wsl-no-driver.txt", 9, "driver-not-loaded"),
        ("no-devices.txt", 6, "ok"),
    ],
)
def test_a_refusal_is_told_by_its_reason(name: str, exit_code: int, outcome: str) -> None:
    answer = parse_nvidia_smi(text(name), exit_code)
    assert (answer.outcome, answer.gpus) == (outcome, ())


@pytest.mark.parametrize(
    ("name", "driver", "cuda"),
    [
        ("header-r610.txt", "610.43.02", CudaVersion(major=13, minor=3)),
        ("header-r570.txt", "570.133.07", CudaVersion(major=12, minor=8)),
        ("header-r331.txt", "331.62", None),
        ("header-wsl-r590.txt", "591.86", CudaVersion(major=13, minor=1)),
        ("header-wsl-cuda-err.txt", "546.80", None),
    ],
)
def test_the_header_tells_driver_and_cuda_under_old_and_new_labels(
    name: str, driver: str, cuda: CudaVersion | None
) -> None:
    assert parse_header_driver(text(name)) == DriverVersion.parse(driver)
    assert parse_header_cuda(text(name)) == cuda


@pytest.mark.skipif(os.name != "posix", reason="the program is a shell script")
class TestProgram:
    def test_it_is_asked_where_there_is_no_library(self, tmp_path: Path) -> None:
        install(
            tmp_path,
            f'case "$1" in --query-gpu*) cat "{DATA}/one-rtx-5090.csv";; *) cat "{DATA}/header-r570.txt";; esac',
        )
        host = detect_host(surroundings(tmp_path), gpu_models=no_models, root=tmp_path)
        assert host.presence is Presence.PRESENT
        assert host.gpus == (RTX_5090,)
        assert host.driver == Driver(
            version=DriverVersion.parse("580.95.05"),
            cuda_version=CudaVersion(major=12, minor=8),
            probe=Probe.NVIDIA_SMI,
        )

    def test_an_old_program_is_asked_again_without_the_capability_which_the_id_then_tells(self, tmp_path: Path) -> None:
        install(
            tmp_path,
            f'case "$1" in *compute_cap*) cat "{DATA}/no-compute-cap.txt"; exit 2;;'
            f' --query-gpu*) cat "{DATA}/r418-without-capability.csv";; esac',
        )
        host = detect_host(surroundings(tmp_path), gpu_models=lambda: matrix().gpus, root=tmp_path)
        assert [gpu.label for gpu in host.gpus] == ["GeForce GTX 1080 Ti (6.1)"]
        assert host.driver is not None
        assert host.driver.version == DriverVersion.parse("418.226.00")

    def test_one_that_hangs_is_told_in_time(self, tmp_path: Path) -> None:
        add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85", driver="nvidia")
        install(tmp_path, "sleep 60")
        started = time.monotonic()
        host = detect_host(
            surroundings(tmp_path, {"GPUENV_PROBE_TIMEOUT": "1"}), gpu_models=lambda: matrix().gpus, root=tmp_path
        )
        assert time.monotonic() - started < 3
        assert host.presence is Presence.UNUSABLE
        assert [problem.code for problem in host.problems] == ["driver-hangs"]

    def test_one_in_the_current_folder_or_on_the_path_is_never_run(self, tmp_path: Path) -> None:
        trap = tmp_path / "nvidia-smi"
        trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n", encoding="utf-8")
        trap.chmod(0o755)
        host = detect_host(surroundings(tmp_path, {"PATH": str(tmp_path)}), gpu_models=no_models, root=tmp_path)
        assert host.presence is Presence.ABSENT
        assert not (tmp_path / "was-run").exists()
