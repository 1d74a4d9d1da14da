"""Operating system, processor and Python version: what a wheel's file name speaks of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

PlatformName = Literal["linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64"]
PLATFORM_NAMES: Final[tuple[PlatformName, ...]] = get_args(PlatformName)

_PYTHON: Final = re.compile(r"(?P<major>\d)\.(?P<minor>\d{1,2})(?:\.\d+\w*)?(?P<free>t?)")

DEFAULT_GLIBC: Final = (2, 28)
"""glibc assumed for a described Linux target: what the manylinux_2_28 wheels of torch 2.7+ need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """An operating system on a processor."""

    name: PlatformName
    glibc: tuple[int, int] | None = None
    """glibc version on Linux (major, minor); None on musl and on other systems."""
    is_wsl: bool = False
    """Linux under Windows' WSL2: the driver is the Windows one and is compared with Windows' floors."""

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
