"""Tells the release and the memory of a Windows machine."""

from __future__ import annotations

import sys
from typing import Final

_ELEVEN: Final = 22000
"""First build of Windows 11, which still calls itself 10.0."""


def name_windows(major: int, minor: int, build: int) -> str:
    """Name a release as people do: 10.0.26100 is `Windows 11 (10.0.26100)`."""
    name = "11" if (major, minor) == (10, 0) and build >= _ELEVEN else str(major)
    return f"Windows {name} ({major}.{minor}.{build})"


def read_windows_system() -> tuple[str | None, int | None]:
    """Ask Windows for its release, and for the size of the memory in bytes; nothing on other systems."""
    if sys.platform != "win32":
        return None, None
    import ctypes  # noqa: PLC0415 - only on Windows

    class Memory(ctypes.Structure):
        """MEMORYSTATUSEX of sysinfoapi.h."""

        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total", ctypes.c_ulonglong),
            ("rest", ctypes.c_ulonglong * 6),
        )

    memory = Memory(length=ctypes.sizeof(Memory))
    has_answer = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(memory))
    version = sys.getwindowsversion()
    name = name_windows(version.major, version.minor, version.build)
    return name, int(memory.total) if has_answer else None
