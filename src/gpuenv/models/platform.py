"""Operating system, processor and Python version: what a wheel's file name speaks of."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

from gpuenv.models.value import dataclass

PlatformName = Literal["linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64"]
PLATFORM_NAMES: Final[tuple[PlatformName, ...]] = get_args(PlatformName)

_PYTHON: Final = re.compile(r"(?P<major>\d)\.(?P<minor>\d{1,2})(?:\.\d+\w*)?(?P<free>t?)")

DEFAULT_GLIBC: Final = (2, 28)
"""glibc assumed for a described Linux target: what the manylinux_2_28 wheels of torch 2.7+ need."""

ARM_GLIBC: Final = (2, 34)
"""The same on aarch64: what the systems of its GPUs have at least (RHEL 9: 2.34; Ubuntu 22.04, which the GH200 started
with: 2.35; DGX OS and JetPack 7: 2.39), and what ONNX Runtime's wheels need there."""

DEFAULT_MACOS: Final = (14, 0)
"""macOS assumed for a described target: what the wheels of torch 2.12 and newer need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """An operating system on a processor."""

    name: PlatformName
    glibc: tuple[int, int] | None = None
    """glibc version on Linux (major, minor); None on musl and on other systems."""
    macos: tuple[int, int] | None = None
    """Oldest macOS version (major, minor) that has to be served; None where it is not stated, and elsewhere."""
    is_wsl: bool = False
    """Linux under Windows' WSL2: the driver is the Windows one and is compared with Windows' floors."""

    @property
    def effective_glibc(self) -> tuple[int, int] | None:
        """The glibc that was told, else the one that is assumed; None where there is none, as on Windows."""
        if not self.name.startswith("linux"):
            return None
        return self.glibc or (ARM_GLIBC if self.name == "linux-aarch64" else DEFAULT_GLIBC)

    @property
    def driver_system(self) -> Literal["linux", "windows"]:
        """Whose driver numbers count here."""
        return "windows" if self.is_wsl or self.name.startswith("windows") else "linux"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PythonVersion:
    """A CPython feature version, e.g. 3.12, or 3.13t for the free-threaded build."""

    major: int
    minor: int
    free_threaded: bool = False

    @classmethod
    def parse(cls, text: str) -> PythonVersion:
        """Read `3.12`, `3.12.4` or `3.13t`; `ValueError` for anything else."""
        found = _PYTHON.fullmatch(text.strip())
        if found is None:
            raise ValueError(text)
        return cls(major=int(found["major"]), minor=int(found["minor"]), free_threaded=bool(found["free"]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}{'t' if self.free_threaded else ''}"
