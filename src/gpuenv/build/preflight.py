"""Refuses a build that cannot succeed, before it starts: compiler, headers, disk, memory."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.models.notice import Notice
from gpuenv.process import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.hardware import CompilerLimits, HostCompiler

_GIB: Final = 1024**3
BUILD_BYTES: Final = 2 * _GIB
"""What the objects and the wheel of a large extension take on the disk."""
MEMORY_BYTES: Final = 2 * _GIB
"""What one nvcc takes at least with torch's headers: with less it is killed."""
_ASK_HEADERS: Final = "import sysconfig; print(sysconfig.get_path('include'))"
_TIMEOUT_S: Final = 60


def compiler_faults(
    compilers: Sequence[HostCompiler], limits: CompilerLimits | None, toolkit: str
) -> tuple[Notice, ...]:
    """Tell why nvcc would not take the host compiler that the build asks for: the first of the list."""
    if not compilers:
        return (Notice.of("no-host-compiler"),)
    compiler = compilers[0]
    limit = getattr(limits, "msc" if compiler.family == "msvc" else compiler.family) if limits is not None else None
    major = _major(compiler.version)
    if limit is None or major is None or major <= limit:
        return ()
    return (
        Notice.of(
            "host-compiler-too-new",
            compiler=f"{compiler.family} {compiler.version}",
            toolkit=toolkit,
            limit=str(limit),
            gcc=str(limit) if compiler.family == "gcc" else None,
        ),
    )


def headers_faults(python: Path, environ: Mapping[str, str]) -> tuple[Notice, ...]:
    """Tell whether the Python to build for has its headers: distributions put them into a package of their own."""
    asked = run((str(python), "-I", "-c", _ASK_HEADERS), env=environ, timeout_s=_TIMEOUT_S)
    folder = asked.stdout.strip()
    if not asked.succeeded or not folder or (Path(folder) / "Python.h").is_file():
        return ()  # an interpreter that cannot even be asked is for the build itself to complain about
    return (Notice.of("python-headers-missing", python=str(python), folder=folder),)


def space_faults(needs: Sequence[tuple[Path, int]], *, memory: int | None) -> tuple[Notice, ...]:
    """Compare free disk and memory with what is needed, in bytes; `memory` None: this system does not tell."""
    by_device: dict[int, tuple[Path, int]] = {}
    for folder, size in needs:
        place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        device = place.stat().st_dev
        first, before = by_device.get(device, (place, 0))
        by_device[device] = (first, before + size)
    faults = [
        Notice.of("build-needs-disk", folder=str(place), needed=_gib(size), free=_gib(free))
        for place, size in by_device.values()
        if (free := shutil.disk_usage(place).free) < size
    ]
    if memory is not None and memory < MEMORY_BYTES:
        faults.append(Notice.of("build-needs-memory", needed=_gib(MEMORY_BYTES), free=_gib(memory)))
    return tuple(faults)


def _gib(size: int) -> str:
    return f"{size / _GIB:.1f} GiB"


def _major(version: str | None) -> int | None:
    first = (version or "").partition(".")[0]
    return int(first) if first.isdigit() else None
