"""The section table of a Windows DLL or object file, as far as it says where GPU code can be."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from gpuenv.binaries.fatbin import FormatError
from gpuenv.binaries.regions import Region, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.binaries.fatbin import Buffer

DOS_MAGIC: Final = b"MZ"
OBJECT_MAGICS: Final = (b"\x64\x86", b"\x64\xaa")
"""An object file has no magic: it begins with its machine, x86_64 or aarch64."""

_PE_OFFSET: Final = 0x3C
_PE_MAGIC: Final = b"PE\0\0"
_HEADER_BYTES, _SECTION_BYTES = 20, 40
_header = Struct("<2xH12xH2x").unpack_from
_section = Struct("<8sI4xII12xI").unpack_from
_offset = Struct("<I").unpack_from
_INITIALISED, _EXECUTABLE = 0x40, 0x20000000

_ROLES: Final = {b".nv_fatb": Role.RUNTIME, b"__nv_rel": Role.RELOCATABLE}
"""Names are cut to eight bytes: on Linux the sections are called `.nv_fatbin` and `__nv_relfatbin`."""
_TABLES: Final = frozenset({b".pdata", b".xdata", b".reloc", b".rsrc", b".idata", b".edata"})


def dll_regions(buffer: Buffer, end: int) -> tuple[Region, ...]:
    """List the stretches of a Windows DLL, which begins at 0, that can hold GPU code."""
    if end < _PE_OFFSET + 4:
        raise FormatError("header-truncated", 0)
    (header,) = _offset(buffer, _PE_OFFSET)
    if header + len(_PE_MAGIC) + _HEADER_BYTES > end:
        raise FormatError("header-truncated", header)
    if buffer[header : header + len(_PE_MAGIC)] != _PE_MAGIC:
        raise FormatError("header-unknown", header)
    return object_regions(buffer, header + len(_PE_MAGIC), start=0, end=end)


def object_regions(buffer: Buffer, header: int, *, start: int, end: int) -> tuple[Region, ...]:
    """List the regions by the COFF header at `header`, for a file that lies between `start` and `end`."""
    if header + _HEADER_BYTES > end:
        raise FormatError("header-truncated", header)
    count, optional_bytes = _header(buffer, header)
    table = header + _HEADER_BYTES + optional_bytes
    if table + count * _SECTION_BYTES > end:
        raise FormatError("section-table-truncated", table)
    return tuple(_regions(buffer, table, count, start, end))


def _regions(buffer: Buffer, table: int, count: int, start: int, end: int) -> Iterator[Region]:
    for at in range(table, table + count * _SECTION_BYTES, _SECTION_BYTES):
        name, virtual_bytes, stored_bytes, offset, flags = _section(buffer, at)
        # What is stored is padded to the file's alignment; an object file gives no virtual size.
        size = min(stored_bytes, virtual_bytes or stored_bytes)
        name = name.rstrip(b"\0")
        role = _ROLES.get(name)
        if role is None:
            if not flags & _INITIALISED or flags & _EXECUTABLE or name in _TABLES:
                continue
            role = Role.DATA
        if not size or not offset:
            continue
        if start + offset + size > end:
            raise FormatError("section-truncated", start + offset)
        yield Region(role=role, start=start + offset, end=start + offset + size)
