"""Detection through the real nvidia-ml-py, which loads a library that the tests compile."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from gpuenv.detect.host import detect_host
from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.hardware import Driver, Gpu, HostFacts, Presence, Probe, ProbeAnswer
from gpuenv.models.notice import Notice
from gpuenv.models.platform import Platform
from support.machine_roots import add_kernel_module, add_pci, no_models, surroundings
from support.machines import matrix
from support.nvml import FOLDER, Device, bus, install_nvml, uuid

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the library is compiled with cc")

R580 = "driver\t580.95.05\t13.580.95.05\t13000"
GIB = 1024**3
T4 = Device(name="Tesla T4", pci="1EB8", capability="7.5", memory_bytes=16106127360)
H100 = Device(name="NVIDIA H100 80GB HBM3", pci="2330", capability="9.0", memory_bytes=80 * GIB, mig=0)
B200 = Device(name="NVIDIA B200", pci="2901", capability="10.0", memory_bytes=192265846784, mig=0)
GB200 = Device(name="NVIDIA GB200", pci="2941", capability="10.0", memory_bytes=198642237440, mig=0)
GB10 = Device(name="NVIDIA GB10", pci="2E12", capability="12.1", memory_bytes=0)
GH200 = Device(name="NVIDIA GH200 480GB", pci="2342", capability="9.0", memory_bytes=96 * GIB, mig=0)
RTX_5070_TI_LAPTOP = Device(
    name="NVIDIA GeForce RTX 5070 Ti Laptop GPU", pci="2F18", capability="12.0", memory_bytes=12 * GIB
)
GTX_1080_TI = Device(name="NVIDIA GeForce GTX 1080 Ti", pci="1B06", capability="6.1", memory_bytes=11 * GIB)
RTX_5090 = Device(name="NVIDIA GeForce RTX 5090", pci="2B85", capability="12.0", memory_bytes=32 * GIB)


def expected(device: Device, index: int = 0) -> Gpu:
    return Gpu(
        name=device.name,
        capabilities=(ComputeCapability.parse(device.capability),),
        probe=Probe.NVML,
        index=index,
        uuid=uuid(index),
        pci_device_id=device.pci,
        pci_bus_id=bus(index),
        memory_bytes=device.memory_bytes or None,
        is_mig=None if device.mig < 0 else bool(device.mig),
        mig_instances=tuple(part for part in device.instances if part is not None) if device.mig > 0 else None,
    )


def detect(root: Path, *lines: Device | str, **environ: str) -> HostFacts:
    machine = install_nvml(root, *lines)
    return detect_host(surroundings(root, {**machine, **environ}), gpu_models=no_models, root=root)


def test_one_t4_is_described_by_nvml_alone(tmp_path: Path) -> None:
    host = detect(tmp_path, R580, T4)
    assert host.presence is Presence.PRESENT
    assert host.gpus == (expected(T4),)
    assert host.driver == Driver(
        version=DriverVersion.parse("580.95.05"), cuda_version=CudaVersion(major=13, minor=0), probe=Probe.NVML
    )
    assert host.problems == ()
    assert host.probes[0] == ProbeAnswer(probe=Probe.NVML, outcome="ok", detail="1 GPU, driver 580.95.05, CUDA 13.0")


@pytest.mark.parametrize("devices", [[H100] * 8, [B200], [GB200] * 4, [GB10], [GH200], [GTX_1080_TI, RTX_5090]])
def test_every_card_of_a_machine_is_described(tmp_path: Path, devices: list[Device]) -> None:
    host = detect(tmp_path, R580, *devices)
    assert host.presence is Presence.PRESENT
    assert host.gpus == tuple(expected(device, index) for index, device in enumerate(devices))


def test_an_arm_server_is_described_with_its_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = os.uname_result(("Linux", "node", "6.8.0-1013-nvidia-64k", "#1", "aarch64"))
    monkeypatch.setattr(os, "uname", lambda: kernel)
    monkeypatch.setattr(os, "confstr", lambda _name: "glibc 2.39")
    machine = install_nvml(tmp_path, R580, *[GB200] * 4)
    (tmp_path / "usr/lib/aarch64-linux-gnu").mkdir(parents=True)
    (tmp_path / FOLDER / "libnvidia-ml.so.1").rename(tmp_path / "usr/lib/aarch64-linux-gnu/libnvidia-ml.so.1")
    host = detect_host(surroundings(tmp_path, machine), gpu_models=no_models, root=tmp_path)
    assert host == HostFacts(
        gpus=tuple(expected(GB200, index) for index in range(4)),
        driver=Driver(
            version=DriverVersion.parse("580.95.05"), cuda_version=CudaVersion(major=13, minor=0), probe=Probe.NVML
        ),
        platform=Platform(name="linux-aarch64", glibc=(2, 39)),
        presence=Presence.PRESENT,
        probes=(
            ProbeAnswer(probe=Probe.NVML, outcome="ok", detail="4 GPU, driver 580.95.05, CUDA 13.0"),
            ProbeAnswer(probe=Probe.PROCFS, outcome="absent"),
            ProbeAnswer(probe=Probe.PCI, outcome="absent"),
        ),
    )


def test_a_system_without_glibc_has_no_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_name: str) -> str:
        raise ValueError

    monkeypatch.setattr(os, "confstr", unknown)
    host = detect(tmp_path, R580, T4)
    assert host.presence is Presence.UNUSABLE
    assert host.platform == Platform(name=host.platform.name)
    assert host.problems == (Notice.of("musl-has-no-builds", gpus=("Tesla T4 (7.5)",), command=None),)


def test_a_laptop_lists_its_other_gpu_by_vendor(tmp_path: Path) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2f18", driver="nvidia")
    add_pci(tmp_path, "0000:01:00.1", "0x10de", "0x22eb", kind="0x040300")
    add_pci(tmp_path, "0000:66:00.0", "0x1002", "0x150e", driver="amdgpu")
    host = detect(tmp_path, R580, RTX_5070_TI_LAPTOP)
    assert host.gpus == (expected(RTX_5070_TI_LAPTOP),)
    assert host.other_gpus == ("AMD GPU (1002:150E)",)
    assert host.problems == ()


def test_one_device_of_four_that_fails_is_named_and_the_others_are_used(tmp_path: Path) -> None:
    host = detect(tmp_path, R580, T4, T4, "broken\t15", T4)
    assert host.presence is Presence.PRESENT
    assert host.gpus == (expected(T4, 0), expected(T4, 1), expected(T4, 3))
    assert host.problems == (Notice.of("gpu-device-failed", place="2", detail="GPU is lost"),)


def test_a_single_device_that_fails_is_a_gpu_that_cannot_be_used(tmp_path: Path) -> None:
    host = detect(tmp_path, R580, "broken\t15")
    assert host.presence is Presence.UNUSABLE
    assert host.gpus == ()
    assert host.problems == (Notice.of("gpu-device-failed", place="0", detail="GPU is lost"),)


@pytest.mark.parametrize(
    ("number", "code", "detail"),
    [
        (18, "driver-library-mismatch", "RM has detected an NVML/RM version mismatch."),
        (4, "driver-no-permission", "Insufficient Permissions"),
        (9, "driver-not-loaded", "Driver Not Loaded"),
        (999, "driver-access-lost", "Unknown Error"),
    ],
)
def test_a_driver_that_refuses_is_told_by_its_reason(tmp_path: Path, number: int, code: str, detail: str) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85", driver="nvidia")
    machine = install_nvml(tmp_path, f"init\t{number}")
    host = detect_host(surroundings(tmp_path, machine), gpu_models=lambda: matrix().gpus, root=tmp_path)
    assert host.presence is Presence.UNUSABLE
    assert [gpu.label for gpu in host.gpus] == ["NVIDIA GeForce RTX 5090 (12.0)"]
    assert [problem.code for problem in host.problems] == [code]
    assert host.problems[0].context["detail"] == detail


def test_a_mismatch_names_the_loaded_module_and_asks_for_a_restart(tmp_path: Path) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85", driver="nvidia")
    add_kernel_module(tmp_path, "575.57.08")
    machine = install_nvml(tmp_path, "init\t18")
    host = detect_host(surroundings(tmp_path, machine), gpu_models=lambda: matrix().gpus, root=tmp_path)
    assert host.problems == (
        Notice.of(
            "driver-library-mismatch",
            gpus=("NVIDIA GeForce RTX 5090 (12.0)",),
            kernel="575.57.08",
            detail="RM has detected an NVML/RM version mismatch.",
            command="sudo reboot",
        ),
    )
    assert host.driver == Driver(version=DriverVersion.parse("575.57.08"), cuda_version=None, probe=Probe.PROCFS)


def test_left_over_libraries_on_a_machine_without_a_card_are_no_gpu(tmp_path: Path) -> None:
    add_pci(tmp_path, "0000:00:02.0", "0x1234", "0x1111")
    host = detect(tmp_path, "init\t9")
    assert host.presence is Presence.ABSENT
    assert host.gpus == ()
    assert host.problems == ()


def test_a_device_that_hangs_does_not_hold_detection_up(tmp_path: Path) -> None:
    started = time.monotonic()
    host = detect(tmp_path, R580, T4, "hang", GPUENV_PROBE_TIMEOUT="1.5")
    assert time.monotonic() - started < 4
    assert host.presence is Presence.PRESENT
    assert host.gpus == (expected(T4),)
    assert host.problems == (Notice.of("gpu-device-failed", place="1", detail="driver-hangs"),)


def test_a_library_that_crashes_does_not_take_us_with_it(tmp_path: Path) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85", driver="nvidia")
    machine = install_nvml(tmp_path, "crash")
    host = detect_host(surroundings(tmp_path, machine), gpu_models=lambda: matrix().gpus, root=tmp_path)
    assert host.presence is Presence.UNUSABLE
    assert [problem.code for problem in host.problems] == ["driver-crashes"]


def test_the_variable_that_hides_every_gpu_is_named_with_the_cards(tmp_path: Path) -> None:
    host = detect(tmp_path, R580, T4, CUDA_VISIBLE_DEVICES="-1")
    assert host.presence is Presence.UNUSABLE
    assert host.gpus == (expected(T4),)
    assert host.problems == (
        Notice.of(
            "gpu-hidden",
            gpus=("Tesla T4 (7.5)",),
            variable="CUDA_VISIBLE_DEVICES",
            value="-1",
            command="unset CUDA_VISIBLE_DEVICES",
        ),
    )


def test_a_variable_of_the_container_runtime_hides_nothing_that_was_passed(tmp_path: Path) -> None:
    assert detect(tmp_path, R580, T4, NVIDIA_VISIBLE_DEVICES="void").presence is Presence.PRESENT


def test_selected_devices_come_in_the_order_of_the_variable(tmp_path: Path) -> None:
    host = detect(tmp_path, R580, H100, H100, H100, CUDA_VISIBLE_DEVICES="2,0")
    assert host.gpus == (expected(H100, 2), expected(H100, 0))


def test_a_card_that_the_driver_does_not_show_is_named(tmp_path: Path) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85", driver="nvidia")
    add_pci(tmp_path, "0000:41:00.0", "0x10de", "0x1b06", driver="vfio-pci")
    machine = install_nvml(tmp_path, R580, RTX_5090)
    host = detect_host(surroundings(tmp_path, machine), gpu_models=lambda: matrix().gpus, root=tmp_path)
    assert host.gpus == (expected(RTX_5090),)
    assert host.problems == (Notice.of("gpu-not-driven", gpu="NVIDIA GeForce GTX 1080 Ti (6.1)", bus="0000:41:00.0"),)


@pytest.mark.parametrize("driver", [None, "nouveau"])
def test_an_old_card_beside_a_new_one_is_told_that_one_driver_cannot_drive_both(
    tmp_path: Path, driver: str | None
) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85", driver="nvidia")
    add_pci(tmp_path, "0000:41:00.0", "0x10de", "0x1b06", driver=driver)
    add_kernel_module(tmp_path, "580.95.05")
    machine = install_nvml(tmp_path, R580, RTX_5090)
    host = detect_host(
        surroundings(tmp_path, machine),
        gpu_models=lambda: matrix().gpus,
        architectures=lambda: matrix().architectures,
        root=tmp_path,
    )
    assert (host.presence, host.gpus) == (Presence.PRESENT, (expected(RTX_5090),))
    assert host.problems == (
        Notice.of(
            "kernel-modules-exclude-each-other",
            only_open=("NVIDIA GeForce RTX 5090 (12.0)",),
            only_proprietary=("NVIDIA GeForce GTX 1080 Ti (6.1)",),
        ),
    )


def test_an_old_card_that_a_driver_of_both_flavours_dropped_is_told_its_modules(tmp_path: Path) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x1eb8", driver="nvidia")
    add_pci(tmp_path, "0000:41:00.0", "0x10de", "0x1b06")
    add_kernel_module(tmp_path, "580.95.05")
    machine = install_nvml(tmp_path, R580, T4)
    host = detect_host(
        surroundings(tmp_path, machine),
        gpu_models=lambda: matrix().gpus,
        architectures=lambda: matrix().architectures,
        root=tmp_path,
    )
    assert [problem.code for problem in host.problems] == ["proprietary-kernel-module-needed"]


def test_a_card_that_a_scheduler_keeps_from_us_is_no_fault(tmp_path: Path) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2330", driver="nvidia")
    add_pci(tmp_path, "0000:41:00.0", "0x10de", "0x2330", driver="nvidia")
    assert detect(tmp_path, R580, H100).problems == ()


def add_compat_libcuda(root: Path, version: str) -> str:
    """Put a newer libcuda on the library path, as CUDA's container images do."""
    folder = root / "usr/local/cuda/compat"
    folder.mkdir(parents=True)
    (folder / f"libcuda.so.{version}").touch()
    (folder / "libcuda.so.1").symlink_to(f"libcuda.so.{version}")
    return str(folder)


def test_a_compat_libcuda_is_refused_by_geforce_and_taken_by_data_centre_cards(tmp_path: Path) -> None:
    add_kernel_module(tmp_path, "570.124.06")
    folder = add_compat_libcuda(tmp_path, "580.95.05")
    geforce = detect(tmp_path, "driver\t570.124.06\t12.570.124.06\t13000", RTX_5090, LD_LIBRARY_PATH=folder)
    assert geforce.presence is Presence.UNUSABLE
    assert [problem.code for problem in geforce.problems] == ["forward-compat-refused"]
    server = detect(tmp_path, "driver\t570.124.06\t12.570.124.06\t13000", H100, LD_LIBRARY_PATH=folder)
    assert server.presence is Presence.PRESENT
    assert server.driver is not None
    assert server.driver.cuda_version == CudaVersion(major=13, minor=0)


def test_a_card_newer_than_its_driver_gets_its_name_by_its_id(tmp_path: Path) -> None:
    unnamed = Device(name="Graphics Device", pci="2B85", capability="12.0", memory_bytes=32 * GIB)
    machine = install_nvml(tmp_path, R580, unnamed)
    host = detect_host(surroundings(tmp_path, machine), gpu_models=lambda: matrix().gpus, root=tmp_path)
    assert host.gpus == (expected(RTX_5090),)
