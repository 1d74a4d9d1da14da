"""Reads from an ELF library which others it needs and where it has them looked for.

By hand and not by pyelftools, which takes half a second for the libraries of an environment.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from gpuenv.binaries.elf import HEADER_BYTES
from gpuenv.models.loading import LibraryNeeds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.binaries.fatbin import Buffer

_CLASS_64, _LITTLE_ENDIAN = 2, 1
_header = Struct("<32xQ14xHH").unpack_from
_segment = Struct("<I4xQQ8xQ16x")
_entry = Struct("<qQ")

_LOAD, _DYNAMIC = 1, 2
"""Types of segments."""
_NULL, _NEEDED, _STRINGS, _NAME, _RPATH, _RUNPATH = 0, 1, 5, 14, 15, 29
"""Tags of the dynamic section."""

_MOST_ENTRIES: Final = 4096
"""Of segments and of entries: libtorch_cuda.so has 11 and 56. More is a file made to keep its reader busy."""
_LONGEST_STRING: Final = 1 << 16


def elf_needs(buffer: Buffer) -> LibraryNeeds:
    """Read the dynamic section; a file without one, or a damaged one, needs nothing.

    Damage is told by the reader of GPU code, which reads the same files.
    """
    header = buffer[:HEADER_BYTES]
    if len(header) < HEADER_BYTES or header[4] != _CLASS_64 or header[5] != _LITTLE_ENDIAN:
        return LibraryNeeds()
    offset, entry_bytes, count = _header(header, 0)
    if entry_bytes != _segment.size or count > _MOST_ENTRIES:
        return LibraryNeeds()
    table = buffer[offset : offset + count * _segment.size]
    if len(table) < count * _segment.size:
        return LibraryNeeds()
    segments = tuple(_segment.iter_unpack(table))
    values: dict[int, list[int]] = {}
    for tag, value in _dynamic_entries(buffer, segments):
        values.setdefault(tag, []).append(value)
    strings = next((_file_offset(address, segments) for address in values.get(_STRINGS, ())), None)
    if strings is None:
        return LibraryNeeds()
    return _needs(buffer, strings, values)


def _needs(buffer: Buffer, strings: int, values: dict[int, list[int]]) -> LibraryNeeds:
    def texts(tag: int) -> tuple[str, ...]:
        return tuple(text for place in values.get(tag, ()) if (text := _text(buffer, strings + place)))

    runpath, rpath = texts(_RUNPATH), texts(_RPATH)
    return LibraryNeeds(
        libraries=texts(_NEEDED),
        name=next(iter(texts(_NAME)), None),
        search_path=tuple(folder for text in runpath or rpath for folder in text.split(":") if folder),
        searches_itself_first=bool(rpath) and not runpath,
    )


def _dynamic_entries(buffer: Buffer, segments: tuple[tuple[int, ...], ...]) -> Iterator[tuple[int, int]]:
    for kind, offset, _, size in segments:
        if kind == _DYNAMIC:
            wanted = min(size - size % _entry.size, _MOST_ENTRIES * _entry.size)
            found = buffer[offset : offset + wanted]
            for tag, value in _entry.iter_unpack(found[: len(found) - len(found) % _entry.size]):
                if tag == _NULL:
                    return
                yield tag, value


def _file_offset(address: int, segments: tuple[tuple[int, ...], ...]) -> int | None:
    """Tell where in the file lies what is loaded at an address."""
    for kind, offset, start, size in segments:
        if kind == _LOAD and start <= address < start + size:
            return offset + address - start
    return None


def _text(buffer: Buffer, offset: int) -> str:
    """Read a string that ends with a zero byte; empty where it is not in the file."""
    if offset >= len(buffer):
        return ""
    end = buffer.find(b"\0", offset, offset + _LONGEST_STRING)
    return buffer[offset:end].decode("utf-8", "replace") if end > offset else ""
