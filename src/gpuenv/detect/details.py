"""Reads what else a person asked for help would want to know: system, memory, toolkits, shadowing libraries."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gpuenv.detect.files import exists, read_text
from gpuenv.detect.kernel_driver import parse_module_line
from gpuenv.detect.platform import ROOT, read_distribution
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.hardware import CudaToolkit, HostDetails

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gpuenv.models.surroundings import Surroundings

_MEMORY_LINE: Final = re.compile(r"^MemTotal:\s+(\d+) kB", re.MULTILINE)
_TOOLKIT_TEXT: Final = re.compile(r"CUDA Version (\d+\.\d+)")
_FOLDER_VERSION: Final = re.compile(r"(\d+\.\d+)$")
_TOOLKIT_VARIABLES: Final = ("CUDA_HOME", "CUDA_PATH")
_SHADOWS: Final = ("libcudart.so", "libcublas.so", "libcudnn.so", "libnvrtc.so", "libcufft.so", "libnvJitLink.so")


def read_details(surroundings: Surroundings, *, root: Path = ROOT) -> HostDetails:
    """Read the details from files below `root`; starts no process."""
    environ = surroundings.environ
    module = read_text(root / "proc/driver/nvidia/version") or ""
    return HostDetails(
        system=read_distribution(root).pretty_name or sys.platform,
        kernel=os.uname().release if sys.platform != "win32" else "",
        kernel_module=parse_module_line(module)[1],
        memory_bytes=parse_memory(read_text(root / "proc/meminfo") or ""),
        disk_free_bytes=_disk_free(surroundings.cwd),
        toolkits=_toolkits(environ, root),
        shadowing=_shadowing(environ),
    )


def parse_memory(text: str) -> int | None:
    """Read the size of the memory in bytes from `/proc/meminfo`.

    MemTotal:       65741008 kB
    """
    found = _MEMORY_LINE.search(text)
    return int(found[1]) * 1024 if found else None


def parse_toolkit(text: str) -> CudaVersion | None:
    """Read a toolkit's version.json, or the version.txt of those before 11.1.

    {"cuda": {"name": "CUDA SDK", "version": "12.8.1"}}
    CUDA Version 10.2.89
    """
    plain = _TOOLKIT_TEXT.search(text)
    if plain is not None:
        return CudaVersion.parse(plain[1])
    try:
        told: Any = json.loads(text)
        return CudaVersion.parse(told["cuda"]["version"])
    except (ValueError, KeyError, TypeError):
        return None


def _toolkits(environ: Mapping[str, str], root: Path) -> tuple[CudaToolkit, ...]:
    """List the toolkits: those of the variables first, then `/usr/local/cuda*`; a link is the folder it leads to."""
    named = [Path(value) for name, value in environ.items() if name.startswith(_TOOLKIT_VARIABLES) and value]
    found = [*named, *sorted((root / "usr/local").glob("cuda*"))]
    real = dict.fromkeys(Path(os.path.realpath(folder)) for folder in found if exists(folder))
    return tuple(
        CudaToolkit(root=str(folder), version=_toolkit_version(folder)) for folder in real if _is_toolkit(folder)
    )


def _is_toolkit(folder: Path) -> bool:
    return any(exists(folder / name) for name in ("bin/nvcc", "bin/nvcc.exe", "version.json", "version.txt"))


def _toolkit_version(folder: Path) -> CudaVersion | None:
    texts: Iterable[str | None] = (read_text(folder / name) for name in ("version.json", "version.txt"))
    told = next((version for text in texts if text and (version := parse_toolkit(text))), None)
    named = _FOLDER_VERSION.search(folder.name)  # some packages leave the version file out
    return told or (CudaVersion.parse(named[1]) if named else None)


def _shadowing(environ: Mapping[str, str]) -> tuple[str, ...]:
    folders = [folder for folder in environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    return tuple(folder for folder in dict.fromkeys(folders) if _holds_cuda(Path(folder)))


def _holds_cuda(folder: Path) -> bool:
    try:
        return any(path.name.startswith(_SHADOWS) for path in folder.iterdir())
    except OSError:
        return False


def _disk_free(folder: Path) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        told = os.statvfs(folder)
    except OSError:
        return None
    return told.f_bavail * told.f_frsize
