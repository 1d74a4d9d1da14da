"""Reads the GPU code of a native library, object file or static library on disk."""

from __future__ import annotations

import mmap
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gpuenv.binaries.archive import ARCHIVE_MAGIC, members
from gpuenv.binaries.coff import DOS_MAGIC, OBJECT_MAGICS, dll_regions, object_regions
from gpuenv.binaries.elf import ELF_MAGIC, elf_regions
from gpuenv.binaries.fatbin import MAGIC, FormatError, count_containers
from gpuenv.binaries.regions import Region, Role
from gpuenv.binaries.tally import Tally
from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gpuenv.models.binaries import CodeSummary

_CAN_ADVISE: Final = hasattr(mmap, "MADV_RANDOM")
"""Not on Windows, where the system guesses by itself."""


def read_code_objects(path: Path) -> CodeSummary:
    """Count the GPU code objects of a file by kind, architecture and container.

    Raises `GpuenvError`: `file-unreadable`; `binary-format-unknown` for a file of another kind, `binary-damaged` for
    one that does not hold what its headers say.
    """
    tally = Tally()
    try:
        with _mapped(path) as buffer:
            for region in _regions(buffer, path):
                tally.add(region.role, _count(buffer, region))
    except OSError as error:
        raise GpuenvError("file-unreadable", path=str(path), detail=error.strerror or str(error)) from error
    except FormatError as error:
        raise GpuenvError("binary-damaged", path=str(path), fault=error.what, offset=error.offset) from error
    return tally.summary()


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    """Map a file into memory; an empty one cannot be."""
    with path.open("rb") as file:
        if not file.seek(0, 2):
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
            if _CAN_ADVISE:
                # Hopping touches one page here and there: reading ahead would bring in the payloads.
                buffer.madvise(mmap.MADV_RANDOM)
            yield buffer


def _regions(buffer: mmap.mmap | bytes, path: Path) -> tuple[Region, ...]:
    end = len(buffer)
    begin = buffer[:8]
    if begin == ARCHIVE_MAGIC:
        return tuple(region for start, stop in members(buffer, end) for region in _of_object(buffer, start, stop))
    if begin.startswith(DOS_MAGIC):
        return dll_regions(buffer, end)
    if begin.startswith((ELF_MAGIC, MAGIC, *OBJECT_MAGICS)):
        return _of_object(buffer, 0, end)
    raise GpuenvError("binary-format-unknown", path=str(path))


def _of_object(buffer: mmap.mmap | bytes, start: int, end: int) -> tuple[Region, ...]:
    """List the regions of an ELF or COFF object, or of a bare container (nvcc --fatbin); of others, none."""
    begin = buffer[start : start + 4]
    if begin == ELF_MAGIC:
        return elf_regions(buffer, start, end)
    if begin == MAGIC:
        return (Region(role=Role.RUNTIME, start=start, end=end),)
    if begin[:2] in OBJECT_MAGICS:
        return object_regions(buffer, start, start=start, end=end)
    return ()


def _count(buffer: mmap.mmap | bytes, region: Region) -> dict[tuple[int, ...], int]:
    if region.role is not Role.DATA or isinstance(buffer, bytes) or not _CAN_ADVISE:
        return count_containers(buffer, region.start, region.end, strict=region.role is not Role.DATA)
    first = region.start & -mmap.PAGESIZE
    buffer.madvise(mmap.MADV_NORMAL, first, region.end - first)
    return count_containers(buffer, region.start, region.end, strict=False, passed=_forget(buffer))


def _forget(buffer: mmap.mmap) -> Callable[[int, int], None]:
    """Give back the pages of what was searched, so that memory does not grow with the file."""

    def forget(start: int, end: int) -> None:
        first = start & -mmap.PAGESIZE
        buffer.madvise(mmap.MADV_DONTNEED, first, end - first)

    return forget
