"""Finds GPU code in a library that comes as a stream, forwards only: a compressed member of a wheel.

Where the sections lie is written at the end of an ELF file. So containers are found by their magic as they pass by,
and are told apart afterwards by the section table, if the stream is read so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.binaries.coff import DOS_MAGIC, dll_regions
from gpuenv.binaries.elf import ELF_MAGIC, HEADER_BYTES, regions_of, section_table
from gpuenv.binaries.fatbin import (
    CONTAINER_HEADER_BYTES,
    ENTRY_HEADER_BYTES,
    MAGIC,
    FormatError,
    container_end,
    read_entry,
)
from gpuenv.binaries.regions import Region, Role
from gpuenv.binaries.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gpuenv.binaries.fatbin import Images
    from gpuenv.models.binaries import CodeSummary

_CHUNK: Final = 1 << 20
_BEGIN: Final = 1 << 16
"""Bytes that hold the headers of any file, and the section table of a DLL."""
_NAMES_BEFORE: Final = 1 << 20
"""Bytes before an ELF section table in which its names are looked for; linkers write them just before it."""
_MOST_SECTIONS_BYTES: Final = 1 << 22
_MOST_MISSES: Final = 100_000
_HEADERS_BYTES: Final = CONTAINER_HEADER_BYTES + ENTRY_HEADER_BYTES

_SETTLED: Final = 24
"""After so many containers of several images without a new architecture the main set is known: each is one
translation unit."""
_SETTLED_SINGLE: Final = 256
"""Likewise of containers with one image: libraries embed such, and on aarch64 they come before all others."""


class _NotKeptError(Exception):
    """The stream has passed by what is asked for."""


class Window:
    """The bytes of a stream that are at hand: it moves forwards only."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        """Take what reads the next bytes; it gives none at the end, and never more than asked for."""
        self._read = read
        self._held = b""
        self._at = 0
        self.read_to = 0
        """How many bytes of the stream have come so far."""
        self.position = 0
        """Offset in the stream of the next byte."""
        self._kept_range = (0, 0)
        self.kept = bytearray()
        """What `keep` asked for, as far as it has passed by."""

    def peek(self, count: int) -> bytes:
        """Give the next bytes without moving: fewer only at the end."""
        while len(self._held) - self._at < count:
            more = self._next()
            if not more:
                break
            self._held = self._held[self._at :] + more
            self._at = 0
        return self._held[self._at : self._at + count]

    def skip(self, count: int) -> bool:
        """Move forwards; False if the stream ends before."""
        while count > len(self._held) - self._at:
            here = len(self._held) - self._at
            self.position += here
            count -= here
            self._held, self._at = self._next(), 0
            if not self._held:
                return count == 0
        self._at += count
        self.position += count
        return True

    def to_magic(self) -> bool:
        """Move to the next magic; False at the end."""
        while True:
            found = self._held.find(MAGIC, self._at)
            if found >= 0:
                self.position += found - self._at
                self._at = found
                return True
            rest = max(self._at, len(self._held) - len(MAGIC) + 1)
            self.position += rest - self._at
            more = self._next()
            if not more:
                return False
            self._held = self._held[rest:] + more
            self._at = 0

    def keep(self, start: int, end: int) -> None:
        """Keep a copy of what lies between two offsets when it passes by; it must lie ahead, or be at hand."""
        self._kept_range = (start, end)
        self._copy(self._held[self._at :], self.position)

    def _next(self) -> bytes:
        more = self._read(_CHUNK)
        self._copy(more, self.read_to)
        self.read_to += len(more)
        return more

    def _copy(self, piece: bytes, offset: int) -> None:
        start, end = self._kept_range
        if offset < end and offset + len(piece) > start:
            self.kept += piece[max(0, start - offset) : end - offset]


def read_stream(read: Callable[[int], bytes], *, size: int, is_thorough: bool) -> CodeSummary:
    """Count the GPU code objects of the ELF file or DLL of `size` bytes that `read` gives piece by piece.

    Not `is_thorough`: stop when the main set is known; the summary is then partial. Raises `FormatError`.
    """
    window = Window(read)
    begin = window.peek(min(size, _BEGIN))
    table = section_table(begin[:HEADER_BYTES], 0) if begin.startswith(ELF_MAGIC) else None
    if table is not None and table[0]:
        window.keep(max(0, table[0] - _NAMES_BEFORE), min(size, table[0] + _MOST_SECTIONS_BYTES))
    found: list[tuple[int, Images]] = []
    settled = _Settled()
    for offset, images in _containers(window, size):
        found.append((offset, images))
        if settled.after(images) and not is_thorough:
            return _summary(found, _dll_regions(begin, size), is_partial=True)
    if window.read_to < size:
        raise FormatError("stream-truncated", window.read_to)
    if begin.startswith(DOS_MAGIC):
        return _summary(found, _dll_regions(begin, size), is_partial=False)
    return _summary(found, _kept_regions(window, table, size), is_partial=False)


class _Settled:
    """Tells when nothing new comes any more."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._wide = self._single = 0

    def after(self, images: Images) -> bool:
        """Take note of a container, and tell whether it is enough."""
        if not self._seen.issuperset(images):
            self._seen.update(images)
            self._wide = self._single = 0
        elif len(images) > 1:
            self._wide += 1
        else:
            self._single += 1
        return self._wide >= _SETTLED or self._single >= _SETTLED_SINGLE


def _containers(window: Window, size: int) -> Iterator[tuple[int, Images]]:
    """Find the containers with their offsets."""
    misses = 0
    while window.to_magic():
        offset = window.position
        try:
            end = offset + _container_bytes(window.peek(_HEADERS_BYTES), size - offset)
        except FormatError:
            misses += 1
            if misses > _MOST_MISSES:
                raise
            window.skip(len(MAGIC))
            continue
        window.skip(CONTAINER_HEADER_BYTES)
        yield offset, _images(window, end)


def _container_bytes(headers: bytes, left: int) -> int:
    """Tell the size of a container by its header and that of its first entry, for the magic can be any bytes."""
    size = container_end(headers, 0, left)
    if size > CONTAINER_HEADER_BYTES:
        if len(headers) < _HEADERS_BYTES:
            raise FormatError("entry-truncated", 0)
        read_entry(headers, CONTAINER_HEADER_BYTES)
    return size


def _images(window: Window, end: int) -> Images:
    images = []
    while window.position < end:
        header = window.peek(ENTRY_HEADER_BYTES)
        if len(header) < ENTRY_HEADER_BYTES:
            raise FormatError("entry-truncated", window.position)
        try:
            image, size = read_entry(header, 0)
        except FormatError as error:
            raise FormatError(error.what, window.position) from error
        if window.position + size > end or not window.skip(size):
            raise FormatError("entry-truncated", window.position)
        if image:
            images.append(image)
    return tuple(images)


def _dll_regions(begin: bytes, size: int) -> tuple[Region, ...]:
    return dll_regions(begin, size) if begin.startswith(DOS_MAGIC) else ()


def _kept_regions(window: Window, table: tuple[int, int, int] | None, size: int) -> tuple[Region, ...]:
    """Read the section table that was kept; where it or its names lie elsewhere, nothing is told apart."""
    if table is None or not table[0]:
        return ()
    first = max(0, table[0] - _NAMES_BEFORE)

    def read(offset: int, count: int) -> bytes:
        if offset < first or offset + count > first + len(window.kept):
            raise _NotKeptError
        return bytes(window.kept[offset - first : offset - first + count])

    try:
        return regions_of(table, read, start=0, end=size)
    except _NotKeptError:
        return ()


def _summary(found: list[tuple[int, Images]], regions: tuple[Region, ...], *, is_partial: bool) -> CodeSummary:
    tally = Tally()
    for offset, images in found:
        role = next((region.role for region in regions if region.start <= offset < region.end), Role.DATA)
        tally.add(role if regions else Role.RUNTIME, {images: 1})
    return tally.summary(is_partial=is_partial)
