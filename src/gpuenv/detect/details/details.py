"""Reads what else a person asked for help would want to know: system, memory, toolkits, compilers, libraries."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Final

from gpuenv.detect.details.compilers import read_compilers
from gpuenv.detect.details.cudnn import read_cudnn
from gpuenv.detect.details.shadowing import find_shadowing
from gpuenv.detect.details.toolkits import read_toolkits
from gpuenv.detect.files import read_text
from gpuenv.detect.platform import ROOT, read_distribution
from gpuenv.detect.sources.kernel_driver import parse_module_line
from gpuenv.models.hardware import HostDetails
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuenv.models.hardware import CudaToolkit, HostCompiler
    from gpuenv.models.surroundings import Surroundings

_MEMORY_LINE: Final = re.compile(r"^MemTotal:\s+(\d+) kB", re.MULTILINE)
_LIMIT_NAMES: Final = {"gcc": "GCC", "clang": "Clang", "msvc": "_MSC_VER"}


def read_details(surroundings: Surroundings, *, root: Path = ROOT, site_packages: Path | None = None) -> HostDetails:
    """Read the details from files below `root` and in the folders of the environment; starts no process."""
    environ = surroundings.environ
    module = read_text(root / "proc/driver/nvidia/version") or ""
    toolkits = read_toolkits(environ, root=root)
    system, memory = _windows() if sys.platform == "win32" else (None, None)
    return HostDetails(
        system=system or read_distribution(root).pretty_name or sys.platform,
        kernel=os.uname().release if sys.platform != "win32" else "",
        kernel_module=parse_module_line(module)[1],
        memory_bytes=memory or parse_memory(read_text(root / "proc/meminfo") or ""),
        disk_free_bytes=_disk_free(surroundings.cwd),
        toolkits=toolkits,
        compilers=read_compilers(environ),
        cudnn=read_cudnn(environ, toolkits, root=root),
        shadowing=find_shadowing(environ, site_packages=site_packages),
    )


def detail_problems(details: HostDetails) -> tuple[Notice, ...]:
    """Tell of what will get in the way of a program or a build; each with the command that mends it."""
    shadows = tuple(f"{found.path} ({', '.join(found.libraries)})" for found in details.shadowing)
    shadowed = (Notice.of("libraries-shadowed", folders=shadows),) if shadows else ()
    return (*shadowed, *_refused_compilers(details))


def parse_memory(text: str) -> int | None:
    """Read the size of the memory in bytes from `/proc/meminfo`.

    MemTotal:       65741008 kB
    """
    found = _MEMORY_LINE.search(text)
    return int(found[1]) * 1024 if found else None


def _refused_compilers(details: HostDetails) -> Iterator[Notice]:
    """Compare the compiler that a build would take with what the toolkit that it would take accepts."""
    for toolkit, compiler in zip(details.toolkits[:1], details.compilers[:1], strict=False):
        newest = _newest(toolkit, compiler)
        if newest is None or compiler.version is None or int(compiler.version.split(".")[0]) <= newest:
            continue
        is_gcc = compiler.family == "gcc"
        yield Notice.of(
            "compiler-too-new-for-toolkit",
            toolkit=str(toolkit.version) if toolkit.version else None,
            root=toolkit.root,
            family=_LIMIT_NAMES[compiler.family],
            newest=newest,
            compiler=compiler.path,
            version=compiler.version,
            command=f"export CC=gcc-{newest} CXX=g++-{newest}" if is_gcc else None,
        )


def _newest(toolkit: CudaToolkit, compiler: HostCompiler) -> int | None:
    if toolkit.limits is None:
        return None
    return {"gcc": toolkit.limits.gcc, "clang": toolkit.limits.clang, "msvc": toolkit.limits.msc}[compiler.family]


def _windows() -> tuple[str | None, int | None]:
    from gpuenv.detect.details.windows_system import read_windows_system  # noqa: PLC0415 - only on Windows

    return read_windows_system()


def _disk_free(folder: Path) -> int | None:
    try:
        if sys.platform == "win32":
            import shutil  # noqa: PLC0415 - costs more than all else here

            return shutil.disk_usage(folder).free
        told = os.statvfs(folder)
    except OSError:
        return None
    return told.f_bavail * told.f_frsize
