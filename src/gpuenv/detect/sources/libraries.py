"""Finds the driver's libraries by files, without loading them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.detect.files import exists
from gpuenv.models.cuda import DriverVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NVML: Final = "libnvidia-ml.so.1"
LIBCUDA: Final = "libcuda.so.1"

_WINDOWS_NAMES: Final = {NVML: "nvml.dll", LIBCUDA: "nvcuda.dll"}

_CACHED_LIBCUDA: Final = re.compile(rb"(/[^\0]*/libcuda\.so\.1)\0")

_FOLDERS: Final = (
    "usr/lib/wsl/lib",
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "usr/lib/aarch64-linux-gnu/nvidia",
    "usr/lib/aarch64-linux-gnu/tegra",
    "usr/lib64",
    "usr/lib",
    "usr/local/nvidia/lib64",
    "usr/local/nvidia/lib",
    "run/opengl-driver/lib",
)
"""Where distributions, WSL, JetPack, container runtimes and NixOS put the driver's libraries, below the root."""


def find_driver_library(name: str, environ: Mapping[str, str], *, root: Path) -> Path | None:
    """Find a library of the driver: the path that has to be loaded, or its bare name where the loader knows it.

    In the loader's order: LD_LIBRARY_PATH, the loader's cache, then folders that it may not look into.
    """
    if os.name == "nt":
        return next((path for path in _windows_places(_WINDOWS_NAMES[name], environ) if exists(path)), None)
    for folder in environ.get("LD_LIBRARY_PATH", "").split(":"):
        if folder and exists(Path(folder) / name):
            return Path(name)
    if is_in_loader_cache(name, _cache(root)):
        return Path(name)
    return next((root / folder / name for folder in _FOLDERS if exists(root / folder / name)), None)


def find_libcuda_version(environ: Mapping[str, str], *, root: Path) -> tuple[Path, DriverVersion] | None:
    """Tell which driver the libcuda belongs to that a program would load: its real file's name ends with the version.

    None where there is none, or where its name tells nothing (WSL, Windows).
    """
    folders = [Path(folder) for folder in environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    cached = [root / found[1].decode("utf-8", "replace")[1:] for found in _CACHED_LIBCUDA.finditer(_cache(root))]
    for path in (*(folder / LIBCUDA for folder in folders), *cached, *(root / folder / LIBCUDA for folder in _FOLDERS)):
        if not exists(path):
            continue
        name = os.path.realpath(path).rpartition("/")[2]
        try:
            return path, DriverVersion.parse(name.removeprefix("libcuda.so."))
        except ValueError:
            return None
    return None


def is_in_loader_cache(name: str, cache: bytes) -> bool:
    """Whether `ld.so.cache` lists a library: names stand in it NUL-terminated, often as the tail of a path."""
    return name.encode() + b"\0" in cache


def _cache(root: Path) -> bytes:
    try:
        return (root / "etc/ld.so.cache").read_bytes()
    except OSError:
        return b""


def _windows_places(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    yield Path(environ.get("WINDIR", r"C:\Windows")) / "System32" / name
    yield Path(environ.get("ProgramFiles", r"C:\Program Files")) / "NVIDIA Corporation" / "NVSMI" / name
