"""Source 6 on Linux: the PCI bus as sysfs shows it, which sees cards that no driver drives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.detect.files import read_text
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

_DISPLAY_CLASSES: Final = ("0x0300", "0x0302", "0x0380")
"""Display controllers: VGA, 3D, others (PCI Code and ID Assignment, 1.1). The audio part of a card is no GPU."""

NVIDIA: Final = "10DE"
_COMPUTE_VENDORS: Final = {"1002": "AMD", "8086": "Intel", "106B": "Apple"}
"""The others are framebuffers of servers and virtual machines, which nobody would compute on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PciGpu:
    """One display controller on the PCI bus."""

    bus_id: str
    """`0000:01:00.0`."""
    vendor: str
    """Four upper-case hex digits."""
    device: str
    bound_to: str | None
    """The kernel driver that holds it: `nvidia`, `nouveau`, `vfio-pci`; None where none does."""
    name: str | None = None
    """As the system calls it; sysfs calls it nothing."""

    @property
    def is_nvidia(self) -> bool:
        """Whether it is NVIDIA's."""
        return self.vendor == NVIDIA

    @property
    def foreign_name(self) -> str | None:
        """How it is listed among other vendors' GPUs; None for what is none."""
        vendor = _COMPUTE_VENDORS.get(self.vendor)
        return None if vendor is None else self.name or f"{vendor} GPU ({self.vendor}:{self.device})"


def read_pci_gpus(root: Path) -> tuple[PciGpu, ...] | None:
    """List the display controllers in the order of the bus; None where there is no sysfs to read."""
    folder = root / "sys/bus/pci/devices"
    try:
        devices = sorted(folder.iterdir())
    except OSError:
        return None
    found = (_read_device(device) for device in devices)
    return tuple(gpu for gpu in found if gpu is not None)


def parse_pci_device(bus_id: str, *, vendor: str, device: str, kind: str, bound_to: str | None) -> PciGpu | None:
    """Make a GPU of a device's files `vendor`, `device` and `class`; None for everything that is no GPU.

    0x10de, 0x2b85, 0x030000
    """
    if not kind.strip().lower().startswith(_DISPLAY_CLASSES):
        return None
    return PciGpu(
        bus_id=bus_id,
        vendor=vendor.strip().upper().removeprefix("0X"),
        device=device.strip().upper().removeprefix("0X"),
        bound_to=bound_to,
    )


def plain_bus(bus_id: str | None) -> str | None:
    """Write a bus id as sysfs does: NVML pads the domain to eight digits."""
    if bus_id is None:
        return None
    domain, _, rest = bus_id.lower().partition(":")
    return f"{domain[-4:]}:{rest}"


def _read_device(folder: Path) -> PciGpu | None:
    kind = read_text(folder / "class") or ""
    if not kind.startswith(_DISPLAY_CLASSES):
        return None
    return parse_pci_device(
        folder.name,
        vendor=read_text(folder / "vendor") or "",
        device=read_text(folder / "device") or "",
        kind=kind,
        bound_to=_bound_to(folder),
    )


def _bound_to(folder: Path) -> str | None:
    try:
        return (folder / "driver").readlink().name
    except OSError:
        return None
