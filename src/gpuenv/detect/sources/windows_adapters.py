"""Source 6 on Windows: the display adapters that the system knows, also those without a driver."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gpuenv import process
from gpuenv.detect.files import exists
from gpuenv.detect.sources.pci import NVIDIA, PciGpu
from gpuenv.detect.sources.windows_registry import nvidia_driver_version, parse_registry, read_registry
from gpuenv.models.cuda import DriverVersion
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUERY: Final = (
    "Get-CimInstance Win32_VideoController"
    " | Select-Object Name,PNPDeviceID,DriverVersion,ConfigManagerErrorCode | ConvertTo-Json -Compress"
)
_PNP_ID: Final = re.compile(r"VEN_(?P<vendor>[0-9A-F]{4})&DEV_(?P<device>[0-9A-F]{4})", re.IGNORECASE)
_DRIVER_DIGITS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsAdapters:
    """The display adapters of a Windows machine."""

    gpus: tuple[PciGpu, ...] = ()
    driver_version: DriverVersion | None = None
    """Of the NVIDIA driver, where one is installed."""


def read_windows_adapters(environ: Mapping[str, str], *, timeout_s: float, is_driven: bool) -> WindowsAdapters:
    """Read the registry; ask CIM where that shows no display adapter at all, since its layout is not promised.

    CIM takes a second, and is not asked where a driver has told of the GPU.
    """
    devices = read_registry()
    gpus = parse_registry(devices)
    if not gpus and not is_driven:
        return _ask_cim(environ, timeout_s=timeout_s)
    return WindowsAdapters(gpus=gpus, driver_version=parse_windows_driver(nvidia_driver_version(devices) or ""))


def _ask_cim(environ: Mapping[str, str], *, timeout_s: float) -> WindowsAdapters:
    """Ask CIM through Windows' own PowerShell; nothing where that is not there or does not answer in time."""
    root = Path(environ.get("WINDIR", r"C:\Windows"))
    program = root / "System32" / "WindowsPowerShell" / "v1.0" / "powershell.exe"
    if not exists(program):
        return WindowsAdapters()
    argv = [str(program), "-NoProfile", "-NonInteractive", "-Command", _QUERY]
    ran = process.run(argv, env=environ, timeout_s=timeout_s)
    return parse_windows_adapters(ran.stdout) if ran.succeeded else WindowsAdapters()


def parse_windows_adapters(text: str) -> WindowsAdapters:
    r"""Read CIM's JSON: an object for one adapter, a list for several.

    {"Name":"NVIDIA GeForce RTX 5090","PNPDeviceID":"PCI\\VEN_10DE&DEV_2B85&SUBSYS_...","DriverVersion":"32.0.15.8129",
     "ConfigManagerErrorCode":0}
    """
    try:
        told: Any = json.loads(text) if text.strip() else []
    except ValueError:
        return WindowsAdapters()
    gpus: list[PciGpu] = []
    version: DriverVersion | None = None
    for adapter in told if isinstance(told, list) else [told]:
        found = _PNP_ID.search(adapter.get("PNPDeviceID") or "")
        if found is None:
            continue  # a remote desktop or virtual display
        is_driven = (
            adapter.get("ConfigManagerErrorCode") == 0 and "microsoft" not in (adapter.get("Name") or "").lower()
        )
        gpu = PciGpu(
            bus_id=adapter["PNPDeviceID"],
            vendor=found["vendor"].upper(),
            device=found["device"].upper(),
            bound_to="nvidia" if is_driven and found["vendor"].upper() == NVIDIA else None,
            name=adapter.get("Name"),
        )
        gpus.append(gpu)
        if gpu.is_nvidia and is_driven:
            version = version or parse_windows_driver(adapter.get("DriverVersion") or "")
    return WindowsAdapters(gpus=tuple(gpus), driver_version=version)


def parse_windows_driver(text: str) -> DriverVersion | None:
    """Read NVIDIA's version out of Windows': 32.0.15.8129 is 581.29. None for Microsoft's own display driver."""
    groups = text.split(".")
    digits = "".join(groups[-2:])
    if len(groups) != 4 or not digits.isdigit() or len(digits) < _DRIVER_DIGITS:  # noqa: PLR2004 - a.b.c.d
        return None
    last = digits[-_DRIVER_DIGITS:]
    try:
        return DriverVersion.parse(f"{last[:3]}.{last[3:]}")
    except ValueError:
        return None
