"""Root folders of described machines: the files of `/proc`, `/sys` and `/etc` that detection reads."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from gpuenv.models.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.models.matrix import GpuModel

OPEN_MODULE = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {}  Release Build  (dvs-builder@U22)\n"


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


def add_kernel_module(root: Path, version: str) -> None:
    """Load NVIDIA's kernel module."""
    write(root / "proc/driver/nvidia/version", OPEN_MODULE.format(version))
    write(root / "sys/module/nvidia/version", f"{version}\n")


def add_distribution(root: Path, *lines: str) -> None:
    """Install a distribution: lines of os-release."""
    write(root / "etc/os-release", "\n".join(lines) + "\n")


def no_models() -> tuple[GpuModel, ...]:
    """Fail the test that reads the models although nothing has to be recognised."""
    raise AssertionError
