"""The section table of an ELF file, as far as it says where GPU code can be.

Read here by hand and not by pyelftools: importing that takes four times as long as reading the largest library.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from gpuenv.binaries.fatbin import FormatError
from gpuenv.binaries.regions import Region, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gpuenv.binaries.fatbin import Buffer

ELF_MAGIC: Final = b"\x7fELF"
HEADER_BYTES: Final = 64
SECTION_BYTES: Final = 64

_CLASS_64, _LITTLE_ENDIAN = 2, 1
_header = Struct("<40xQ10xHHH").unpack_from
_section = Struct("<IIQ8xQQI20x").unpack_from
_PROGBITS: Final = 1
_ALLOC, _EXECUTABLE = 0x2, 0x4
_EXTENDED_NAMES: Final = 0xFFFF

_ROLES: Final = {b".nv_fatbin": Role.RUNTIME, b"__nv_relfatbin": Role.RELOCATABLE}
_TABLES: Final = (
    b".eh_frame",
    b".gcc_except_table",
    b".got",
    b".init_array",
    b".fini_array",
    b".data.rel.ro",
    b".hip_fatbin",
    b".nvFatBinSegment",
)
"""Prefixes of sections that compilers fill with tables of their own."""


def section_table(header: bytes, start: int) -> tuple[int, int, int] | None:
    """Read from an ELF header the offset of the section table, the number of sections, and which holds the names.

    None for 32-bit and big-endian files: no GPU code exists for them. (0, 0, 0) for a file without sections.
    """
    if len(header) < HEADER_BYTES:
        raise FormatError("header-truncated", start)
    if header[4] != _CLASS_64 or header[5] != _LITTLE_ENDIAN:
        return None
    offset, entry_bytes, count, names = _header(header, 0)
    if not offset:
        return 0, 0, 0
    if entry_bytes != SECTION_BYTES:
        raise FormatError("section-table-unknown", start)
    return offset, count, names


def elf_regions(buffer: Buffer, start: int, end: int) -> tuple[Region, ...]:
    """List the stretches of the ELF file between two offsets that can hold GPU code.

    Raises `FormatError` where the section table, or a section in it, is not in the file.
    """
    table = section_table(buffer[start : start + HEADER_BYTES], start)
    if table is None:
        return ()
    if not table[0]:
        return (Region(role=Role.DATA, start=start, end=end),)
    return regions_of(table, lambda offset, size: buffer[start + offset : start + offset + size], start=start, end=end)


def regions_of(
    table: tuple[int, int, int], read: Callable[[int, int], bytes], *, start: int, end: int
) -> tuple[Region, ...]:
    """List the regions by what `section_table` gave, for a file that lies between two offsets.

    `read` gives bytes of the file by offset in it and size.
    """
    offset, count, names = table
    size = end - start
    if offset + SECTION_BYTES > size:
        raise FormatError("section-table-truncated", start + offset)
    if not count or names == _EXTENDED_NAMES:
        first = _section(read(offset, SECTION_BYTES), 0)
        count, names = count or first[4], first[5] if names == _EXTENDED_NAMES else names
    if offset + count * SECTION_BYTES > size or names >= count:
        raise FormatError("section-table-truncated", start + offset)
    rows = read(offset, count * SECTION_BYTES)
    _, _, _, names_offset, names_bytes, _ = _section(rows, names * SECTION_BYTES)
    if names_offset + names_bytes > size:
        raise FormatError("section-table-truncated", start + names_offset)
    return tuple(_regions(rows, read(names_offset, names_bytes), start, end))


def _regions(rows: bytes, names: bytes, start: int, end: int) -> Iterator[Region]:
    for at in range(0, len(rows), SECTION_BYTES):
        name_offset, kind, flags, offset, size, _ = _section(rows, at)
        if kind != _PROGBITS or not size:
            continue
        name = names[name_offset : names.find(b"\0", name_offset)]
        role = _ROLES.get(name)
        if role is None:
            if not flags & _ALLOC or flags & _EXECUTABLE or name.startswith(_TABLES):
                continue
            role = Role.DATA
        if start + offset + size > end:
            raise FormatError("section-truncated", start + offset)
        yield Region(role=role, start=start + offset, end=start + offset + size)
