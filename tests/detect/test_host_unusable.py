"""Machines with an NVIDIA GPU and without a driver that shows it; sysfs, procfs and `/etc` are folders made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv.detect.host import detect_host
from gpuenv.errors import UsageError
from gpuenv.models.cuda import ComputeCapability, DriverVersion
from gpuenv.models.hardware import Driver, Gpu, Presence, Probe
from gpuenv.models.notice import Notice
from support.detection import detect, hints
from support.machine_roots import add_distribution, add_kernel_module, add_pci, no_models, surroundings, write

if TYPE_CHECKING:
    from pathlib import Path

RTX_5090 = "NVIDIA GeForce RTX 5090 (12.0)"


@pytest.fixture
def rtx_5090(tmp_path: Path) -> Path:
    """A machine with a GB202 card that nobody drives."""
    add_pci(tmp_path, "0000:00:02.0", "0x8086", "0x7d67", driver="i915")
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85")
    add_pci(tmp_path, "0000:01:00.1", "0x10de", "0x22e8", kind="0x040300")
    add_distribution(tmp_path, "ID=ubuntu", "ID_LIKE=debian", 'VERSION_ID="24.04"')
    return tmp_path


def test_a_card_without_a_driver_is_seen_by_its_id(rtx_5090: Path) -> None:
    host = detect(rtx_5090)
    assert host.presence is Presence.UNUSABLE
    assert host.gpus == (
        Gpu(
            name="NVIDIA GeForce RTX 5090",
            capabilities=(ComputeCapability(major=12, minor=0),),
            probe=Probe.PCI,
            index=0,
            pci_device_id="2B85",
            pci_bus_id="0000:01:00.0",
        ),
    )
    assert host.driver is None
    assert host.other_gpus == ("Intel GPU (8086:7D67)",)
    assert [problem.code for problem in host.problems] == ["driver-missing"]
    assert hints(host.problems[0]) == ("sudo apt install nvidia-driver-580-open", "sudo reboot")


@pytest.mark.parametrize(
    ("device", "release", "expected"),
    [
        ("0x1b06", ["ID=ubuntu"], ("sudo apt install nvidia-driver-580", "sudo reboot")),
        ("0x1b06", ["ID=arch"], ("yay -S nvidia-580xx-dkms", "sudo reboot")),
        ("0x2b85", ["ID=arch"], ("sudo pacman -S nvidia-open nvidia-utils", "sudo reboot")),
        (
            "0x2b85",
            ["ID=linuxmint", 'ID_LIKE="ubuntu debian"'],
            ("sudo apt install nvidia-driver-580-open", "sudo reboot"),
        ),
        ("0x2b85", ["ID=debian"], ("sudo apt install nvidia-open", "sudo reboot")),
        (
            "0x2b85",
            ["ID=debian", 'VERSION_ID="13"'],
            (
                (
                    "wget https://developer.download.nvidia.com/compute/cuda/repos/debian13/x86_64/"
                    "cuda-keyring_1.1-1_all.deb && sudo apt install ./cuda-keyring_1.1-1_all.deb && sudo apt update"
                ),
                "sudo apt install nvidia-open",
                "sudo reboot",
            ),
        ),
        ("0x1b06", ["ID=debian"], ("sudo apt install nvidia-driver", "sudo reboot")),
        ("0x1180", ["ID=ubuntu"], ("sudo apt install nvidia-driver-470", "sudo reboot")),
        ("0x1180", ["ID=debian"], ("sudo apt install nvidia-tesla-470-driver", "sudo reboot")),
        ("0x1180", ["ID=arch"], ("yay -S nvidia-470xx-dkms", "sudo reboot")),
        (
            "0x1180",
            ["ID=fedora"],
            (
                "sudo fedora-third-party enable",
                "sudo dnf install akmod-nvidia-470xx xorg-x11-drv-nvidia-470xx-cuda",
                "sudo reboot",
            ),
        ),
        (
            "0x1180",
            ['ID="opensuse-leap"', 'ID_LIKE="suse opensuse"'],
            (
                "sudo zypper install openSUSE-repos-Leap-NVIDIA",
                "sudo zypper install x11-video-nvidiaG05 nvidia-computeG05",
                "sudo reboot",
            ),
        ),
        ("0x1180", ["ID=void"], ("xdg-open https://www.nvidia.com/drivers", "sudo reboot")),
        (
            "0x2330",
            ["ID=rocky", 'ID_LIKE="rhel centos fedora"'],
            ("sudo dnf module install nvidia-driver:open-dkms", "sudo reboot"),
        ),
        (
            "0x1b06",
            ["ID=fedora"],
            (
                "sudo fedora-third-party enable",
                "sudo dnf install akmod-nvidia-580xx xorg-x11-drv-nvidia-580xx-cuda",
                "sudo reboot",
            ),
        ),
        (
            "0x2b85",
            ["ID=fedora"],
            (
                "sudo fedora-third-party enable",
                "sudo dnf install akmod-nvidia xorg-x11-drv-nvidia-cuda",
                "sudo reboot",
            ),
        ),
        (
            "0x2b85",
            ['ID="opensuse-tumbleweed"', 'ID_LIKE="opensuse suse"'],
            (
                "sudo zypper install openSUSE-repos-Tumbleweed-NVIDIA",
                "sudo zypper install nvidia-open-driver-G06-signed-kmp-meta nvidia-compute-utils-G06",
                "sudo reboot",
            ),
        ),
        ("0x2b85", ["ID=void"], ("xdg-open https://www.nvidia.com/drivers", "sudo reboot")),
    ],
)
def test_the_lines_that_install_a_driver_are_the_distributions_and_the_cards(
    tmp_path: Path, device: str, release: list[str], expected: tuple[str, ...]
) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", device)
    add_distribution(tmp_path, *release)
    assert hints(detect(tmp_path).problems[0]) == expected


def test_a_card_that_the_matrix_does_not_know_is_named_by_its_id(tmp_path: Path) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0xfffe")
    host = detect(tmp_path)
    assert [gpu.label for gpu in host.gpus] == ["NVIDIA GPU (10DE:FFFE) (?)"]
    assert host.presence is Presence.UNUSABLE


def test_a_loaded_module_without_libraries_is_told_apart(rtx_5090: Path) -> None:
    add_kernel_module(rtx_5090, "580.95.05")
    host = detect(rtx_5090)
    assert host.driver == Driver(version=DriverVersion.parse("580.95.05"), cuda_version=None, probe=Probe.PROCFS)
    assert [problem.code for problem in host.problems] == ["driver-library-missing"]


def test_a_container_without_the_gpu_passed_is_told_how_to_pass_it(rtx_5090: Path) -> None:
    add_kernel_module(rtx_5090, "580.95.05")
    write(rtx_5090 / ".dockerenv", "")
    host = detect(rtx_5090)
    assert host.presence is Presence.UNUSABLE
    assert host.container == "docker"
    assert host.problems == (
        Notice.of("gpu-not-passed", gpus=(RTX_5090,), container="docker", command="docker run --gpus all IMAGE"),
    )


def test_a_container_that_was_told_to_pass_none_names_the_variable(rtx_5090: Path) -> None:
    add_kernel_module(rtx_5090, "580.95.05")
    write(rtx_5090 / ".dockerenv", "")
    problem = detect(rtx_5090, NVIDIA_VISIBLE_DEVICES="none").problems[0]
    assert problem.code == "gpu-hidden-from-container"
    assert problem.context["variable"] == "NVIDIA_VISIBLE_DEVICES"


def test_a_container_on_a_machine_without_a_driver_is_told_so(rtx_5090: Path) -> None:
    write(rtx_5090 / "run/.containerenv", "")
    host = detect(rtx_5090)
    assert host.problems == (
        Notice.of(
            "driver-missing-on-host",
            gpus=(RTX_5090,),
            container="podman",
            command="xdg-open https://www.nvidia.com/drivers",
        ),
    )


def test_a_card_held_for_a_virtual_machine_is_told_so(tmp_path: Path) -> None:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85", driver="vfio-pci")
    assert detect(tmp_path).problems == (
        Notice.of(
            "gpu-held-for-vm",
            gpus=(RTX_5090,),
            bus=("0000:01:00.0",),
            command="sudo virsh nodedev-reattach pci_0000_01_00_0",
        ),
    )


def test_a_jetson_has_its_gpu_on_no_bus(tmp_path: Path) -> None:
    (tmp_path / "sys/bus/pci/devices").mkdir(parents=True)
    write(tmp_path / "proc/device-tree/compatible", "nvidia,p3768-0000+p3767-0000\0nvidia,tegra234\0")
    host = detect(tmp_path)
    assert host.presence is Presence.UNUSABLE
    assert host.problems == (Notice.of("driver-missing-jetson"),)


def test_a_machine_without_nvidia_hardware_is_absent_and_costs_no_recognition(tmp_path: Path) -> None:
    add_pci(tmp_path, "0000:03:00.0", "0x1002", "0x744c", driver="amdgpu")
    host = detect_host(surroundings(tmp_path), gpu_models=no_models, root=tmp_path)
    assert host.presence is Presence.ABSENT
    assert (host.gpus, host.driver, host.problems) == ((), None, ())
    assert host.other_gpus == ("AMD GPU (1002:744C)",)
    assert [(answer.probe, answer.outcome) for answer in host.probes] == [
        (Probe.NVML, "absent"),
        (Probe.LIBCUDA, "absent"),
        (Probe.NVIDIA_SMI, "absent"),
        (Probe.PROCFS, "absent"),
        (Probe.PCI, "ok"),
    ]


class TestOverrides:
    def test_stated_gpus_and_driver_take_the_place_of_what_is_there(self, rtx_5090: Path) -> None:
        host = detect(rtx_5090, GPUENV_GPUS="rtx-3090, sm_61", GPUENV_DRIVER="570.124.06")
        assert host.presence is Presence.PRESENT
        assert host.gpus == (
            Gpu(
                name="NVIDIA GeForce RTX 3090",
                capabilities=(ComputeCapability(major=8, minor=6),),
                probe=Probe.OVERRIDE,
                index=0,
            ),
            Gpu(name="sm_61", capabilities=(ComputeCapability(major=6, minor=1),), probe=Probe.OVERRIDE, index=1),
        )
        assert host.driver == Driver(version=DriverVersion.parse("570.124.06"), cuda_version=None, probe=Probe.OVERRIDE)
        assert host.problems == ()

    def test_none_is_a_machine_without_a_gpu(self, rtx_5090: Path) -> None:
        host = detect(rtx_5090, GPUENV_GPUS="none")
        assert (host.presence, host.gpus) == (Presence.ABSENT, ())

    @pytest.mark.parametrize(
        ("variable", "value"),
        [("GPUENV_GPUS", "rtx-9999"), ("GPUENV_DRIVER", "newest"), ("GPUENV_PROBE_TIMEOUT", "-1")],
    )
    def test_what_cannot_be_understood_is_refused_by_name(self, tmp_path: Path, variable: str, value: str) -> None:
        with pytest.raises(UsageError) as refused:
            detect(tmp_path, **{variable: value})
        assert refused.value.code == "override-invalid"
        assert (refused.value.context["variable"], refused.value.context["value"]) == (variable, value)


def test_a_sandbox_that_shows_no_card_of_a_driven_machine_is_not_taken_for_a_machine_without(tmp_path: Path) -> None:
    (tmp_path / "sys/bus/pci/devices").mkdir(parents=True)
    add_kernel_module(tmp_path, "580.95.05")
    write(tmp_path / "proc/1/cgroup", "12:devices:/kubepods/besteffort/pod7d1f/5e0c\n")
    host = detect(tmp_path)
    assert (host.presence, host.gpus) == (Presence.UNUSABLE, ())
    assert host.problems == (
        Notice.of(
            "gpu-not-passed",
            gpus=("NVIDIA GPU",),
            container="kubernetes",
            command="kubectl set resources deployment NAME --limits=nvidia.com/gpu=1",
        ),
    )
