"""Lists which copies of NVIDIA's libraries a process has really mapped: several are often at hand, one decides.

Loaded by `harness.py`. Needs Python 3.8 and the standard library; imports nothing of gpuenv.
"""

from __future__ import annotations

import ctypes
import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = {
    "libnvrtc": r"libnvrtc\.so\b|nvrtc64_\w+\.dll$",
    "libcudnn": r"libcudnn\.so\b|cudnn64_\d+\.dll$",
    "libcublas": r"libcublas\.so\b|cublas64_\d+\.dll$",
    "libcublasLt": r"libcublasLt\.so\b|cublasLt64_\d+\.dll$",
    "libcuda": r"libcuda\.so\b|nvcuda\.dll$",
}
"""What each library's file is called on Linux and on Windows; `nvrtc64_120_0.alt.dll` and `-builtins` are others."""

_PATH_CHARACTERS = 32768
"""The longest path that Windows knows, with its end."""


def parse_maps(text: str) -> list[str]:
    """List the files in the text of `/proc/PID/maps`, each once.

    7f1e8a000000-7f1e8a200000 r--p 00000000 08:01 1048602   /venv/lib/libcudnn.so.9
    """
    found = (line.split(maxsplit=5)[-1].strip() for line in text.splitlines() if "/" in line)
    return sorted({path.rsplit(" (deleted)", 1)[0] for path in found})


def chosen(paths: Iterable[str]) -> dict[str, str]:
    """Pick NVIDIA's libraries out of mapped files, by name; two copies of one are joined, for both count."""
    found: dict[str, str] = {}
    for path in paths:
        file = re.split(r"[\\/]", path)[-1]
        for name, pattern in _NAMES.items():
            if re.match(pattern, file, re.IGNORECASE):
                found[name] = f"{found[name]}{os.pathsep}{path}" if name in found else path
    return found


def mapped_files() -> list[str]:
    """List the files that this process has mapped; none where the system does not tell."""
    if os.name == "nt":
        return _windows_modules(ctypes.WinDLL("kernel32", use_last_error=True))  # type: ignore[attr-defined,unused-ignore]
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - one read
            return parse_maps(file.read())
    except OSError:
        return []  # macOS, BSD


def _windows_modules(kernel: Any) -> list[str]:  # noqa: ANN401 - a library
    """Ask Windows for the modules of this process; `kernel` is kernel32, whose K32 names are there since Windows 7."""
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.K32EnumProcessModules.argtypes = (
        *(ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_uint32),
        ctypes.POINTER(ctypes.c_uint32),
    )
    kernel.K32GetModuleFileNameExW.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_uint32)
    process = kernel.GetCurrentProcess()
    size = ctypes.sizeof(ctypes.c_void_p)
    handles, needed = (ctypes.c_void_p * 0)(), ctypes.c_uint32(1024 * size)
    while needed.value > ctypes.sizeof(handles):  # modules may be loaded between two questions
        handles = (ctypes.c_void_p * (needed.value // size))()
        if not kernel.K32EnumProcessModules(process, handles, ctypes.sizeof(handles), ctypes.byref(needed)):
            return []
    paths = []
    for handle in handles[: needed.value // size]:
        buffer = ctypes.create_unicode_buffer(_PATH_CHARACTERS)
        if kernel.K32GetModuleFileNameExW(process, handle, buffer, _PATH_CHARACTERS):
            paths.append(buffer.value)
    return sorted(paths)
