"""Reads from a Windows DLL which others it needs: its import tables."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from gpuenv.models.loading import LibraryNeeds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.binaries.fatbin import Buffer

_PE_OFFSET: Final = 0x3C
_PE_MAGIC: Final = b"PE\0\0"
_COFF_BYTES: Final = 20
_number = Struct("<I").unpack_from
_coff = Struct("<2xH12xH2x").unpack_from
_section = Struct("<8xIIII16x")

_DIRECTORIES: Final = {0x20B: 112, 0x10B: 96}
"""Where the list of tables lies in the optional header, by its magic: PE32+ and PE32."""
_IMPORTS, _DELAYED_IMPORTS = 1, 13
"""Places in the list of tables."""
_DESCRIPTOR_BYTES: Final = {_IMPORTS: 20, _DELAYED_IMPORTS: 32}
_NAME_AT: Final = {_IMPORTS: 12, _DELAYED_IMPORTS: 4}
_MOST_SECTIONS: Final = 4096
_MOST_LIBRARIES: Final = 1024
_LONGEST_NAME: Final = 260


def dll_needs(buffer: Buffer) -> LibraryNeeds:
    """Read the import table and the table of delayed imports; a damaged DLL needs nothing.

    Damage is told by the reader of GPU code, which reads the same files.
    """
    size = len(buffer)
    if size < _PE_OFFSET + 4:
        return LibraryNeeds()
    (header,) = _number(buffer, _PE_OFFSET)
    optional = header + len(_PE_MAGIC) + _COFF_BYTES
    if optional + 2 > size or buffer[header : header + len(_PE_MAGIC)] != _PE_MAGIC:
        return LibraryNeeds()
    count, optional_bytes = _coff(buffer, header + len(_PE_MAGIC))
    rows = buffer[optional + optional_bytes : optional + optional_bytes + min(count, _MOST_SECTIONS) * _section.size]
    sections = tuple(_section.iter_unpack(rows[: len(rows) - len(rows) % _section.size]))
    tables = _Tables(buffer=buffer, optional=optional, optional_bytes=optional_bytes, sections=sections)
    return LibraryNeeds(libraries=tables.names(_IMPORTS), delayed=tables.names(_DELAYED_IMPORTS))


class _Tables:
    """The tables of a DLL by their place in its list."""

    def __init__(
        self, *, buffer: Buffer, optional: int, optional_bytes: int, sections: tuple[tuple[int, ...], ...]
    ) -> None:
        self._buffer = buffer
        self._optional = optional
        self._end = min(optional + optional_bytes, len(buffer))
        self._sections = sections

    def names(self, table: int) -> tuple[str, ...]:
        """List the file names in an import table, each once."""
        return tuple(dict.fromkeys(self._names(table)))

    def _names(self, table: int) -> Iterator[str]:
        place = self._file_offset(self._address(table))
        if place is None:
            return
        size = _DESCRIPTOR_BYTES[table]
        for at in range(place, place + size * _MOST_LIBRARIES, size):
            if at + size > len(self._buffer):
                return
            (address,) = _number(self._buffer, at + _NAME_AT[table])
            if not address:
                return
            name = self._name(address)
            if name:
                yield name

    def _address(self, table: int) -> int:
        """Tell the address of a table, relative to the image; 0 where the DLL has none."""
        magic = int.from_bytes(self._buffer[self._optional : self._optional + 2], "little")
        if magic not in _DIRECTORIES:
            return 0
        first = self._optional + _DIRECTORIES[magic]
        if first + 8 * table + 8 > self._end or _number(self._buffer, first - 4)[0] <= table:
            return 0
        return int(_number(self._buffer, first + 8 * table)[0])

    def _file_offset(self, address: int) -> int | None:
        for virtual_bytes, start, stored_bytes, offset in self._sections:
            if address and start <= address < start + max(virtual_bytes, stored_bytes):
                return offset + address - start
        return None

    def _name(self, address: int) -> str:
        offset = self._file_offset(address)
        if offset is None:
            return ""
        end = self._buffer.find(b"\0", offset, offset + _LONGEST_NAME)
        name = self._buffer[offset:end] if end > offset else b""
        return name.decode("ascii") if name.isascii() else ""
