"""The small texts of the system that detection reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuenv.detect.kernel_driver import parse_module_line, read_kernel_driver
from gpuenv.detect.libraries import is_in_loader_cache
from gpuenv.detect.pci import PciGpu
from gpuenv.detect.platform import (
    Distribution,
    detect_container,
    detect_platform,
    parse_cgroup,
    parse_os_release,
    parse_platform,
)
from gpuenv.detect.windows_adapters import WindowsAdapters, parse_windows_adapters, parse_windows_driver
from gpuenv.errors import GpuenvError
from gpuenv.models.cuda import DriverVersion
from gpuenv.models.platform import Platform
from support.machine_roots import surroundings, write

DATA = Path(__file__).parents[1] / "data" / "detect"


def text(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "version", "flavour"),
    [("open", "580.95.05", "open"), ("proprietary", "470.182.03", "proprietary"), ("tegra", "540.4.0", "open")],
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
            ("1002", "150E", "nvidia", "AMD Radeon(TM) 890M"),
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

    def test_a_remote_display_is_no_gpu(self) -> None:
        assert parse_windows_adapters(text("windows/remote-desktop.json")) == WindowsAdapters()

    @pytest.mark.parametrize("output", ["", "Get-CimInstance : Access denied"])
    def test_what_is_no_answer_tells_nothing(self, output: str) -> None:
        assert parse_windows_adapters(output) == WindowsAdapters()

    @pytest.mark.parametrize(
        ("windows", "nvidia"), [("32.0.15.8129", "581.29"), ("31.0.15.3598", "535.98"), ("30.0.14.7168", "471.68")]
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
