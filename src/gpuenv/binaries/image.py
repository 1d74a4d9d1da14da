"""Counts the GPU code of a native library, object file or static library that lies in memory or is mapped there."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Final

from gpuenv.binaries.archive import ARCHIVE_MAGIC, members
from gpuenv.binaries.coff import DOS_MAGIC, OBJECT_MAGICS, dll_regions, object_regions
from gpuenv.binaries.elf import ELF_MAGIC, elf_regions
from gpuenv.binaries.fatbin import MAGIC, count_containers
from gpuenv.binaries.regions import Region, Role
from gpuenv.binaries.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.binaries.fatbin import Buffer, Images

CAN_ADVISE: Final = hasattr(mmap, "MADV_RANDOM")
"""Not on Windows, where the system guesses by itself."""

_MAGICS: Final = (ELF_MAGIC, DOS_MAGIC, ARCHIVE_MAGIC, MAGIC, *OBJECT_MAGICS)


def is_image(begin: bytes) -> bool:
    """Tell by its first eight bytes whether a file is of a kind that is read here."""
    return begin.startswith(_MAGICS)


def count_image(buffer: Buffer) -> Tally:
    """Count the containers of a file; none in a file of another kind. Raises `FormatError` for a damaged one."""
    tally = Tally()
    for region in _regions(buffer):
        tally.add(region.role, _count(buffer, region))
    return tally


def _regions(buffer: Buffer) -> tuple[Region, ...]:
    end = len(buffer)
    begin = buffer[:8]
    if begin == ARCHIVE_MAGIC:
        return tuple(region for start, stop in members(buffer, end) for region in _of_object(buffer, start, stop))
    if begin.startswith(DOS_MAGIC):
        return dll_regions(buffer, end)
    return _of_object(buffer, 0, end)


def _of_object(buffer: Buffer, start: int, end: int) -> tuple[Region, ...]:
    """List the regions of an ELF or COFF object, or of a bare container (`nvcc --fatbin`); of others, none."""
    begin = buffer[start : start + 4]
    if begin == ELF_MAGIC:
        return elf_regions(buffer, start, end)
    if begin == MAGIC:
        return (Region(role=Role.RUNTIME, start=start, end=end),)
    if begin[:2] in OBJECT_MAGICS:
        return object_regions(buffer, start, start=start, end=end)
    return ()


def _count(buffer: Buffer, region: Region) -> dict[Images, int]:
    is_strict = region.role is not Role.DATA
    if not isinstance(buffer, mmap.mmap) or not CAN_ADVISE:
        return count_containers(buffer, region.start, region.end, strict=is_strict)
    if not is_strict:
        # Searched byte by byte: here reading ahead pays.
        first = region.start & -mmap.PAGESIZE
        buffer.madvise(mmap.MADV_NORMAL, first, region.end - first)
    return count_containers(buffer, region.start, region.end, strict=is_strict, passed=_forget(buffer))


def _forget(buffer: mmap.mmap) -> Callable[[int, int], None]:
    """Give back the pages of what is done with, so that memory does not grow with the file."""

    def forget(start: int, end: int) -> None:
        first = start & -mmap.PAGESIZE
        buffer.madvise(mmap.MADV_DONTNEED, first, end - first)

    return forget
