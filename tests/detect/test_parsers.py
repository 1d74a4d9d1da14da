"""The small texts of the system that detection reads."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gpuenv.detect.details.windows_system import name_windows
from gpuenv.detect.platform import (
    Distribution,
    detect_container,
    detect_platform,
    parse_cgroup,
    parse_os_release,
    parse_platform,
    parse_wsl_generation,
)
from gpuenv.detect.sources.kernel_driver import parse_module_line, read_kernel_driver
from gpuenv.detect.sources.libraries import is_in_loader_cache
from gpuenv.detect.sources.pci import PciGpu
from gpuenv.detect.sources.windows_adapters import WindowsAdapters, parse_windows_adapters, parse_windows_driver
from gpuenv.detect.sources.windows_registry import PciDevice, nvidia_driver_version, parse_registry, read_registry
from gpuenv.errors import GpuenvError
from gpuenv.models.cuda import DriverVersion
from gpuenv.models.platform import Platform
from support.machine_roots import surroundings, write

DATA = Path(__file__).parents[1] / "data" / "detect"


def text(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "version", "flavour"),
    [
        ("open", "580.95.05", "open"),
        ("open-arch", "525.60.11", "open"),
        ("open-ubuntu", "565.57.01", "open"),
        ("open-localized", "555.58", "open"),
        ("open-by-hand", "515.57", "open"),
        ("proprietary", "470.182.03", "proprietary"),
        ("tegra", "540.4.0", "open"),
    ],
)
def test_the_kernel_module_tells_its_version_and_flavour(name: str, version: str, flavour: str) -> None:
    assert parse_module_line(text(f"proc/{name}.txt")) == (DriverVersion.parse(version), flavour)


def test_secure_boot_is_read_from_its_efi_variable(tmp_path: Path) -> None:
    variable = tmp_path / "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    variable.parent.mkdir(parents=True)
    variable.write_bytes(b"\x06\0\0\0\x01")
    assert read_kernel_driver(tmp_path).is_secure_boot_on
    variable.write_bytes(b"\x06\0\0\0\0")
    assert not read_kernel_driver(tmp_path).is_secure_boot_on


def test_the_loader_cache_lists_a_library_as_the_tail_of_its_path() -> None:
    cache = b"ld.so-1.7.0\0glibc-ld.so.cache1.1\0/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1\0libz.so.1\0"
    assert is_in_loader_cache("libnvidia-ml.so.1", cache)
    assert not is_in_loader_cache("libcuda.so.1", cache)


class TestWindows:
    def test_adapters_tell_vendor_device_and_the_driver_in_nvidias_numbers(self) -> None:
        adapters = parse_windows_adapters(text("windows/two-adapters.json"))
        assert adapters.driver_version == DriverVersion.parse("581.29")
        assert [(gpu.vendor, gpu.device, gpu.bound_to, gpu.name) for gpu in adapters.gpus] == [
            ("1002", "150E", None, "AMD Radeon(TM) 890M"),
            ("10DE", "2F18", "nvidia", "NVIDIA GeForce RTX 5070 Ti Laptop GPU"),
        ]
        assert adapters.gpus[0].foreign_name == "AMD Radeon(TM) 890M"

    def test_a_card_without_a_driver_is_seen(self) -> None:
        adapters = parse_windows_adapters(text("windows/no-driver.json"))
        assert adapters == WindowsAdapters(
            gpus=(
                PciGpu(
                    bus_id=r"PCI\VEN_10DE&DEV_2B85&SUBSYS_20571043&REV_A1\4&2283F625&0&0019",
                    vendor="10DE",
                    device="2B85",
                    bound_to=None,
                    name="Microsoft Basic Display Adapter",
                ),
            )
        )

    def test_a_recorded_laptop_is_read(self) -> None:
        adapters = parse_windows_adapters(text("windows/laptop-rtx-5090.json"))
        assert adapters == WindowsAdapters(
            gpus=(
                PciGpu(
                    bus_id=r"PCI\VEN_8086&DEV_9BC4&SUBSYS_170D1043&REV_05\3&11583659&0&10",
                    vendor="8086",
                    device="9BC4",
                    bound_to=None,
                    name="Intel(R) UHD Graphics",
                ),
                PciGpu(
                    bus_id=r"PCI\VEN_10DE&DEV_2C58&SUBSYS_30111A58&REV_A1\B73A356AA12DB04800",
                    vendor="10DE",
                    device="2C58",
                    bound_to="nvidia",
                    name="NVIDIA GeForce RTX 5090 Laptop GPU",
                ),
            ),
            driver_version=DriverVersion.parse("610.47"),
        )

    def test_a_card_that_only_the_basic_display_driver_shows_is_not_driven(self) -> None:
        adapters = parse_windows_adapters(text("windows/basic-display.json"))
        assert [(gpu.device, gpu.bound_to) for gpu in adapters.gpus] == [("2C58", None)]
        assert adapters.driver_version is None

    def test_the_registry_tells_what_is_in_the_machine_now(self) -> None:
        devices = tuple(PciDevice(**told) for told in json.loads(text("windows/registry.json")))
        assert parse_registry(devices) == (
            PciGpu(
                bus_id=r"PCI\VEN_10DE&DEV_2C58&SUBSYS_30111A58&REV_A1\B73A356AA12DB04800",
                vendor="10DE",
                device="2C58",
                bound_to="nvidia",
                name="NVIDIA GeForce RTX 5090 Laptop GPU",
            ),
            PciGpu(
                bus_id=r"PCI\VEN_8086&DEV_9BC4&SUBSYS_170D1043&REV_05\3&11583659&0&10",
                vendor="8086",
                device="9BC4",
                bound_to="igfxn",
                name="Intel(R) UHD Graphics",
            ),
            PciGpu(
                bus_id=r"PCI\VEN_10DE&DEV_2B85&SUBSYS_20571043&REV_A1\4&1A2B3C4D&0&0008",
                vendor="10DE",
                device="2B85",
                bound_to=None,
                name="Video Controller (VGA Compatible)",
            ),
        )
        assert nvidia_driver_version(devices) == "32.0.16.1047"

    def test_other_systems_have_no_registry(self) -> None:
        assert os.name == "nt" or read_registry() == ()

    @pytest.mark.parametrize(
        ("version", "name"),
        [
            ((10, 0, 26100), "Windows 11 (10.0.26100)"),
            ((10, 0, 19045), "Windows 10 (10.0.19045)"),
            ((6, 3, 9600), "Windows 6 (6.3.9600)"),
        ],
    )
    def test_a_release_is_named_as_people_do(self, version: tuple[int, int, int], name: str) -> None:
        assert name_windows(*version) == name

    def test_a_remote_display_is_no_gpu(self) -> None:
        assert parse_windows_adapters(text("windows/remote-desktop.json")) == WindowsAdapters()

    @pytest.mark.parametrize("output", ["", "Get-CimInstance : Access denied"])
    def test_what_is_no_answer_tells_nothing(self, output: str) -> None:
        assert parse_windows_adapters(output) == WindowsAdapters()

    @pytest.mark.parametrize(
        ("windows", "nvidia"), [("32.0.15.8129", "581.29"), ("31.0.15.7652", "576.52"), ("30.0.14.7168", "471.68")]
    )
    def test_the_version_is_in_the_last_five_digits(self, windows: str, nvidia: str) -> None:
        assert parse_windows_driver(windows) == DriverVersion.parse(nvidia)


class TestPlatform:
    @pytest.mark.parametrize(
        ("system", "machine", "release", "libc", "expected"),
        [
            ("linux", "x86_64", "6.8.0-45-generic", "glibc 2.39", Platform(name="linux-x86_64", glibc=(2, 39))),
            ("linux", "aarch64", "6.8.0", "glibc 2.35", Platform(name="linux-aarch64", glibc=(2, 35))),
            ("linux", "x86_64", "6.6.14", "", Platform(name="linux-x86_64")),
            (
                "linux",
                "x86_64",
                "6.6.87.2-microsoft-standard-WSL2",
                "glibc 2.39",
                Platform(name="linux-x86_64", glibc=(2, 39), is_wsl=True),
            ),
            ("win32", "AMD64", "", "", Platform(name="windows-x86_64")),
            ("darwin", "arm64", "24.6.0", "", Platform(name="macos-arm64")),
        ],
    )
    def test_a_platform_is_named_from_what_the_system_calls_itself(
        self, system: str, machine: str, release: str, libc: str, expected: Platform
    ) -> None:
        found = parse_platform(system=system, machine=machine, release=release, libc=libc, proc_version="")
        assert found == expected

    def test_wsl_is_seen_in_proc_version_under_a_kernel_of_ones_own(self) -> None:
        found = parse_platform(
            system="linux",
            machine="x86_64",
            release="6.6.0-custom",
            libc="",
            proc_version="Linux version 6.6.0-custom (root@Microsoft.com)",
        )
        assert found.is_wsl

    @pytest.mark.parametrize(
        ("proc_version", "generation"),
        [
            ("Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com) (gcc version 5.4.0 (GCC) ) #1237", 1),
            ("Linux version 4.19.128-microsoft-standard (oe-user@oe-host) (gcc version 8.2.0 (GCC)) #1 SMP", 2),
            ("Linux version 6.6.87.2-microsoft-standard-WSL2 (root@439a258ad544) (gcc (GCC) 11.2.0) #1 SMP", 2),
            ("Linux version 6.6.0-custom (root@Microsoft.com)", 2),
        ],
    )
    def test_the_generation_of_wsl_is_told_by_the_kernel(self, proc_version: str, generation: int) -> None:
        assert parse_wsl_generation(proc_version) == generation

    @pytest.mark.parametrize(("system", "machine"), [("darwin", "x86_64"), ("linux", "riscv64"), ("win32", "ARM64")])
    def test_what_no_wheel_is_for_is_refused(self, system: str, machine: str) -> None:
        with pytest.raises(GpuenvError) as refused:
            parse_platform(system=system, machine=machine, release="", libc="", proc_version="")
        assert refused.value.code == "platform-unsupported"
        assert refused.value.context == {"system": system, "machine": machine}

    def test_this_machine_has_one(self, tmp_path: Path) -> None:
        assert detect_platform(surroundings(tmp_path), root=tmp_path).name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ubuntu", Distribution(id="ubuntu", id_like=("debian",), version="24.04", pretty_name="Ubuntu 24.04.3 LTS")),
        ("mint", Distribution(id="linuxmint", id_like=("ubuntu", "debian"), version="22.1")),
        ("fedora", Distribution(id="fedora", version="42")),
        ("arch", Distribution(id="arch")),
        ("tumbleweed", Distribution(id="opensuse-tumbleweed", id_like=("opensuse", "suse"), version="20251101")),
    ],
)
def test_a_distribution_is_told_by_its_os_release(name: str, expected: Distribution) -> None:
    assert parse_os_release(text(f"os-release/{name}.txt")) == expected


@pytest.mark.parametrize(
    ("cgroup", "runtime"),
    [
        ("12:devices:/kubepods/besteffort/pod7d1f/5e0c\n", "kubernetes"),
        ("0::/docker/5e0c9f\n", "docker"),
        ("0::/machine.slice/libpod-5e0c.scope\n", "podman"),
        ("0::/\n", None),
    ],
)
def test_a_container_is_told_by_the_cgroup(cgroup: str, runtime: str | None) -> None:
    assert parse_cgroup(cgroup) == runtime


def test_a_container_is_told_by_the_files_and_variables_of_its_runtime(tmp_path: Path) -> None:
    assert detect_container({}, root=tmp_path) is None
    assert detect_container({"container": "lxc"}, root=tmp_path) == "lxc"
    assert detect_container({"APPTAINER_CONTAINER": "/x.sif"}, root=tmp_path) == "apptainer"
    write(tmp_path / "run/.containerenv", "")
    assert detect_container({}, root=tmp_path) == "podman"
