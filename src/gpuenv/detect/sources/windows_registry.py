"""Reads the display adapters out of Windows' registry: at once, where CIM takes a second."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from gpuenv.detect.sources.pci import PciGpu
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ENUM: Final = r"SYSTEM\CurrentControlSet\Enum\PCI"
"""Every PCI device that was ever in the machine: a key by hardware id, below it one by place."""
_CLASS: Final = r"SYSTEM\CurrentControlSet\Control\Class"
_DISPLAY_CLASS: Final = "{4d36e968-e325-11ce-bfc1-08002be10318}"
_PNP_ID: Final = re.compile(r"VEN_(?P<vendor>[0-9A-F]{4})&DEV_(?P<device>[0-9A-F]{4})", re.IGNORECASE)
_DISPLAY_CODE: Final = re.compile(r"PCI\\CC_03(?:00|02|80)", re.IGNORECASE)
"""Display controllers by their PCI class, among the compatible ids of a device that no driver has claimed."""
_NVIDIA_SERVICE: Final = "nvlddmkm"


@dataclass(frozen=True, slots=True, kw_only=True)
class PciDevice:
    """One device of the registry's list."""

    id: str
    r"""`VEN_10DE&DEV_2B85&SUBSYS_20571043&REV_A1\4&2283F625&0&0019`."""
    values: Mapping[str, str]
    """Its values that are texts; those with several lines are joined by blanks."""
    is_started: bool
    """Whether it runs now: its key `Control` lives only as long as the device does."""
    driver_version: str | None = None
    """In Windows' numbers, from the key of its driver."""


def parse_registry(devices: Sequence[PciDevice]) -> tuple[PciGpu, ...]:
    """Make GPUs of the display adapters that are in the machine now.

    One that was taken out keeps its entry and its driver; one that has no driver yet was never driven, so it is there.
    """
    gpus = []
    for device in devices:
        found = _PNP_ID.search(device.id)
        if found is None or not _is_display(device) or not (device.is_started or "Driver" not in device.values):
            continue
        service = device.values.get("Service", "")
        gpus.append(
            PciGpu(
                bus_id=f"PCI\\{device.id}",
                vendor=found["vendor"].upper(),
                device=found["device"].upper(),
                bound_to=("nvidia" if service.lower() == _NVIDIA_SERVICE else service or None)
                if device.is_started
                else None,
                name=_name(device.values),
            )
        )
    return tuple(gpus)


def nvidia_driver_version(devices: Sequence[PciDevice]) -> str | None:
    """Take the version of the driver that drives an NVIDIA card, in Windows' numbers."""
    versions = (
        device.driver_version
        for device in devices
        if device.is_started and device.values.get("Service", "").lower() == _NVIDIA_SERVICE
    )
    return next((version for version in versions if version), None)


def read_registry() -> tuple[PciDevice, ...]:
    """List the PCI devices; nothing on other systems, or where the registry may not be read."""
    try:
        return tuple(_devices())
    except OSError:
        return ()


def _is_display(device: PciDevice) -> bool:
    by_class = device.values.get("ClassGUID", "").lower() == _DISPLAY_CLASS
    ids = f"{device.values.get('HardwareID', '')} {device.values.get('CompatibleIDs', '')}"
    return by_class or _DISPLAY_CODE.search(ids) is not None


def _name(values: Mapping[str, str]) -> str | None:
    """Read the device's name: `@oem12.inf,%nvidia_dev.2b85%;NVIDIA GeForce RTX 5090` ends with it."""
    text = values.get("FriendlyName") or values.get("DeviceDesc", "")
    return text.rpartition(";")[2] or None


if sys.platform == "win32":
    import winreg

    def _devices() -> Iterator[PciDevice]:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _ENUM) as devices:
            for hardware in _subkeys(devices):
                with winreg.OpenKey(devices, hardware) as places:
                    for place in _subkeys(places):
                        with winreg.OpenKey(places, place) as key:
                            yield _device(f"{hardware}\\{place}", key)

    def _device(name: str, key: winreg.HKEYType) -> PciDevice:
        values = _texts(key)
        driver = values.get("Driver")
        return PciDevice(
            id=name,
            values=values,
            is_started="Control" in _subkeys(key),
            driver_version=_driver_version(driver) if driver else None,
        )

    def _driver_version(driver: str) -> str | None:
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, f"{_CLASS}\\{driver}") as key:
                return _texts(key).get("DriverVersion")
        except OSError:
            return None

    def _subkeys(key: winreg.HKEYType) -> list[str]:
        return [winreg.EnumKey(key, index) for index in range(winreg.QueryInfoKey(key)[0])]

    def _texts(key: winreg.HKEYType) -> dict[str, str]:
        values = [winreg.EnumValue(key, index) for index in range(winreg.QueryInfoKey(key)[1])]
        lines = {name: value for name, value, kind in values if kind == winreg.REG_MULTI_SZ}
        texts = {name: str(value) for name, value, kind in values if kind == winreg.REG_SZ}
        return {**texts, **{name: " ".join(value or ()) for name, value in lines.items()}}

else:

    def _devices() -> Iterator[PciDevice]:
        yield from ()
