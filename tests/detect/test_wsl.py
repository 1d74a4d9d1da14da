"""Linux under Windows: the driver is the one of Windows, and only the second generation passes the GPU on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gpuenv.models.cuda import CudaVersion, DriverVersion
from gpuenv.models.hardware import Driver, Presence, Probe
from gpuenv.models.notice import Notice
from support.detection import detect, hints
from support.machine_roots import lay_out, write

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a Linux machine is described")

HEADERS = Path(__file__).parents[1] / "data" / "detect" / "nvidia-smi"


def test_the_first_generation_has_no_gpus(tmp_path: Path) -> None:
    lay_out("wsl1", tmp_path)
    host = detect(tmp_path, WSL_DISTRO_NAME="Ubuntu-20.04")
    assert (host.presence, host.wsl_generation, host.platform.is_wsl) == (Presence.UNUSABLE, 1, True)
    assert host.problems == (Notice.of("wsl-1-has-no-gpu", distribution="Ubuntu-20.04"),)
    assert hints(host.problems[0]) == ("wsl.exe --set-version Ubuntu-20.04 2",)


def test_a_driver_of_windows_that_wsl_does_not_show_is_told_so(tmp_path: Path) -> None:
    lay_out("wsl2-rtx-5080", tmp_path)
    host = detect(tmp_path)
    assert (host.presence, host.wsl_generation) == (Presence.UNUSABLE, 2)
    assert [problem.code for problem in host.problems] == ["wsl-libraries-missing"]
    assert hints(host.problems[0]) == ("wsl.exe --update", "wsl.exe --shutdown")


def test_the_second_generation_is_described_by_the_program_that_windows_brings(tmp_path: Path) -> None:
    lay_out("wsl2-rtx-5080", tmp_path)
    header = HEADERS / "header-wsl-r590.txt"
    script = f'case "$1" in --query-gpu*) cat "{tmp_path}/rows.csv";; *) cat "{header}";; esac'
    write(tmp_path / "usr/lib/wsl/lib/nvidia-smi", f"#!/bin/sh\n{script}\n")
    (tmp_path / "usr/lib/wsl/lib/nvidia-smi").chmod(0o755)
    host = detect(tmp_path)
    assert (host.presence, host.problems) == (Presence.PRESENT, ())
    assert [gpu.label for gpu in host.gpus] == ["NVIDIA GeForce RTX 5080 (12.0)"]
    assert host.driver == Driver(
        version=DriverVersion.parse("591.86"), cuda_version=CudaVersion(major=13, minor=1), probe=Probe.NVIDIA_SMI
    )


def without_windows_driver(root: Path) -> None:
    lay_out("wsl2-rtx-5080", root)
    (root / "mnt/c/Windows/System32/nvcuda.dll").unlink()


def test_a_machine_whose_windows_passes_no_gpu_on_has_none(tmp_path: Path) -> None:
    without_windows_driver(tmp_path)
    assert detect(tmp_path).presence is Presence.ABSENT


def test_a_gpu_that_windows_passes_on_without_a_driver_is_mended_in_windows(tmp_path: Path) -> None:
    without_windows_driver(tmp_path)
    write(tmp_path / "dev/dxg", "")
    write(tmp_path / "usr/lib/wsl/drivers/basicdisplay.inf_amd64_1/basicdisplay.inf", "")
    host = detect(tmp_path)
    assert (host.presence, [problem.code for problem in host.problems]) == (
        Presence.UNUSABLE,
        ["wsl-windows-driver-missing"],
    )
    assert hints(host.problems[0]) == ("explorer.exe https://www.nvidia.com/drivers", "wsl.exe --shutdown")


@pytest.mark.parametrize("driver", ["iigd_dch.inf_amd64_3f5e0c2a1b7d9e4f", "u0392210.inf_amd64_5d1c7e9a0b3f2c48"])
def test_a_gpu_of_another_vendor_that_windows_passes_on_is_none_of_ours(tmp_path: Path, driver: str) -> None:
    without_windows_driver(tmp_path)
    write(tmp_path / "dev/dxg", "")
    write(tmp_path / "usr/lib/wsl/drivers" / driver / "driver.inf", "")
    assert detect(tmp_path).presence is Presence.ABSENT
