"""Source 5: what the kernel says of the NVIDIA driver, through procfs and sysfs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.detect.files import exists, read_text
from gpuenv.detect.sources.answers import ABSENT, Answer
from gpuenv.models.cuda import DriverVersion
from gpuenv.models.hardware import Probe
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

_MODULE_LINE: Final = re.compile(r"NVIDIA UNIX (?P<open>Open )?.*?Kernel Module.*?\s(?P<version>\d{3}(?:\.\d+)+)\s")
_SECURE_BOOT: Final = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelDriver:
    """The kernel's side of the driver."""

    version: DriverVersion | None
    """Of the loaded module; None where none is loaded."""
    flavour: Literal["open", "proprietary"] | None
    has_device_files: bool
    """Whether `/dev/nvidia0` or its like is there: not in a container without the GPU passed."""
    is_nouveau_loaded: bool
    is_secure_boot_on: bool
    is_tegra: bool
    """A Jetson or Thor board: its GPU is on no PCI bus."""

    @property
    def is_loaded(self) -> bool:
        """Whether NVIDIA's module is loaded."""
        return self.version is not None

    def answer(self) -> Answer:
        """The answer as one of the sources."""
        if self.version is None:
            return Answer(probe=Probe.PROCFS, outcome=ABSENT)
        return Answer(probe=Probe.PROCFS, driver_version=self.version)


def read_kernel_driver(root: Path) -> KernelDriver:
    """Read procfs and sysfs below `root`; on systems without them nothing is loaded."""
    line = read_text(root / "proc/driver/nvidia/version") or ""
    version, flavour = parse_module_line(line)
    return KernelDriver(
        version=version or parse_module_version(read_text(root / "sys/module/nvidia/version") or ""),
        flavour=flavour,
        has_device_files=any(
            exists(root / place) for place in ("dev/nvidiactl", "dev/nvidia0", "dev/nvhost-ctrl-gpu", "dev/dxg")
        ),
        is_nouveau_loaded=exists(root / "sys/module/nouveau"),
        is_secure_boot_on=_is_secure_boot_on(root),
        is_tegra="nvidia,tegra" in (read_text(root / "proc/device-tree/compatible") or ""),
    )


def parse_module_line(text: str) -> tuple[DriverVersion | None, Literal["open", "proprietary"] | None]:
    """Read `/proc/driver/nvidia/version`.

    NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (dvs-builder@U22-I3-B17-02-5)
    """
    found = _MODULE_LINE.search(text)
    if found is None:
        return None, None
    return DriverVersion.parse(found["version"]), "open" if found["open"] else "proprietary"


def parse_module_version(text: str) -> DriverVersion | None:
    """Read `/sys/module/nvidia/version`: the bare version."""
    try:
        return DriverVersion.parse(text)
    except ValueError:
        return None


def _is_secure_boot_on(root: Path) -> bool:
    """Read the EFI variable: four bytes of attributes, then one byte."""
    try:
        return (root / _SECURE_BOOT).read_bytes()[4:5] == b"\x01"
    except OSError:
        return False
