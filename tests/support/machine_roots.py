"""Root folders of described machines: the files of `/proc`, `/sys` and `/etc` that detection reads."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.models.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.models.matrix import GpuModel

DATA = Path(__file__).parents[1] / "data" / "machines"

OPEN_MODULE = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {}  Release Build  (dvs-builder@U22)\n"
PROPRIETARY_MODULE = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  {}  Tue Jan 21 13:47:45 UTC 2025\n"


def surroundings(root: Path, environ: Mapping[str, str] | None = None) -> Surroundings:
    """What a process on that machine would be started with."""
    return Surroundings(
        environ={"PATH": "/usr/bin:/bin", **(environ or {})},
        cwd=root,
        home=root,
        now=datetime(2026, 11, 21, tzinfo=timezone.utc),
    )


def write(path: Path, text: str) -> None:
    """Write a file and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def add_pci(root: Path, bus: str, vendor: str, device: str, kind: str = "0x030000", driver: str | None = None) -> None:
    """Put a device on the PCI bus, as sysfs shows it."""
    folder = root / "sys/bus/pci/devices" / bus
    for name, text in (("vendor", vendor), ("device", device), ("class", kind)):
        write(folder / name, f"{text}\n")
    if driver is not None:
        target = root / "sys/bus/pci/drivers" / driver
        target.mkdir(parents=True, exist_ok=True)
        (folder / "driver").symlink_to(target)


def add_kernel_module(root: Path, version: str, *, text: str = OPEN_MODULE) -> None:
    """Load NVIDIA's kernel module."""
    write(root / "proc/driver/nvidia/version", text.format(version))
    write(root / "sys/module/nvidia/version", f"{version}\n")


def add_distribution(root: Path, *lines: str) -> None:
    """Install a distribution: lines of os-release."""
    write(root / "etc/os-release", "\n".join(lines) + "\n")


def switch_secure_boot_on(root: Path) -> None:
    """Set the firmware's variable: four bytes of attributes, then one."""
    variable = root / "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    variable.parent.mkdir(parents=True)
    variable.write_bytes(b"\x06\0\0\0\x01")


def lay_out(machine: str, root: Path) -> None:
    """Lay out the files of a recorded machine of `tests/data/machines` below a folder."""
    text = (DATA / f"{machine}.txt").read_text(encoding="utf-8")
    for part in text.split("== ")[1:]:
        name, _, content = part.partition("\n")
        write(root / name, content)


def no_models() -> tuple[GpuModel, ...]:
    """Fail the test that reads the models although nothing has to be recognised."""
    raise AssertionError
