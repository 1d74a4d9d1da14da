"""The section table of an ELF file, as far as it says where GPU code can be.

Read here by hand and not by pyelftools: importing that takes four times as long as reading the largest library.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from gpuenv.binaries.fatbin import FormatError
from gpuenv.binaries.regions import Region, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.binaries.fatbin import Buffer

ELF_MAGIC: Final = b"\x7fELF"
HEADER_BYTES: Final = 64

_CLASS_64, _LITTLE_ENDIAN = 2, 1
_SECTION_BYTES: Final = 64
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
    if entry_bytes != _SECTION_BYTES:
        raise FormatError("section-table-unknown", start)
    return offset, count, names


def elf_regions(buffer: Buffer, start: int, end: int) -> tuple[Region, ...]:
    """List the stretches of the ELF file between two offsets that can hold GPU code.

    Raises `FormatError` where the section table, or a section in it, is not in the file.
    """
    table = section_table(buffer[start : start + HEADER_BYTES], start)
    if table is None:
        return ()
    offset, count, names = table
    if not offset:
        return (Region(role=Role.DATA, start=start, end=end),)
    at = start + offset
    if at + _SECTION_BYTES > end:
        raise FormatError("section-table-truncated", at)
    if not count:  # more than 65,279 sections: the first one says how many
        count = _section(buffer, at)[4]
    if names == _EXTENDED_NAMES:
        names = _section(buffer, at)[5]
    if at + count * _SECTION_BYTES > end or names >= count:
        raise FormatError("section-table-truncated", at)
    return regions_of(buffer, at, count=count, names=names, start=start, end=end)


def regions_of(buffer: Buffer, table: int, *, count: int, names: int, start: int, end: int) -> tuple[Region, ...]:
    """List the regions by the section table at offset `table` of the buffer, for a file that lies at `start`."""
    _, _, _, names_offset, names_bytes, _ = _section(buffer, table + names * _SECTION_BYTES)
    if start + names_offset + names_bytes > end:
        raise FormatError("section-table-truncated", table)
    text = buffer[start + names_offset : start + names_offset + names_bytes]
    return tuple(_regions(buffer, table, count, text, start, end))


def _regions(buffer: Buffer, table: int, count: int, names: bytes, start: int, end: int) -> Iterator[Region]:
    for number in range(count):
        name_offset, kind, flags, offset, size, _ = _section(buffer, table + number * _SECTION_BYTES)
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
