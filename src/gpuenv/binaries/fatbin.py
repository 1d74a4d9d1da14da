"""The container format of GPU code: headers are read, payloads are hopped over.

Learned by measurement on files of nvcc 13 and on shipped libraries; little endian:

- container: magic, u16 version 1, u16 header size 16, u64 payload size;
- entry: u16 kind, u16 0x0101, u32 header size, u64 padded payload size, u32 compressed size @16, u16 minor and major
  @24 (of PTX the version of its language, 9.2 from CUDA 13.2), u32 architecture @28, u64 flags @40. The next entry
  follows the padded payload.
"""

from __future__ import annotations

import re
from struct import Struct
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from mmap import mmap

    Buffer: TypeAlias = "mmap | bytes"

MAGIC: Final = b"\x50\xed\x55\xba"
CONTAINER_HEADER_BYTES: Final = 16
ENTRY_HEADER_BYTES: Final = 64
"""The smallest entry header seen; 72, 80, 96, 112 and 120 are seen too: the entry says which."""

PTX: Final = 1
SASS: Final = 2
LTO_IR: Final = 8
KINDS: Final = frozenset({PTX, SASS, LTO_IR})

_SUFFIX_BIT: Final = 20
"""Of the flags: 0x100000 is the `a` of sm_90a, 0x200000 the `f` of sm_100f."""

_VERSION: Final = 1
_ENTRY_TAG: Final = 0x0101
_LARGEST_HEADER: Final = 4096
_LOWEST_ARCHITECTURE, _HIGHEST_ARCHITECTURE = 10, 999
_MOST_CONTAINERS: Final = 2_000_000
"""In one section: cuFFT 12.2 has 29,341. More is a file made to keep its reader busy."""
_MOST_MISSES: Final = 100_000
"""Places in one section that hold the magic and no container, likewise."""
_CHUNK: Final = 1 << 24

_container = Struct("<4sHHQ").unpack_from
_entry = Struct("<HHIQI4xHHI8xQ").unpack_from
_search = re.compile(re.escape(MAGIC)).search

Images: TypeAlias = tuple[int, ...]
"""The images of one container, packed by `read_entry`: tens of thousands are counted, so they are plain numbers."""


class FormatError(Exception):
    """A file does not hold what its own headers say; `offset` is where, in bytes from its beginning."""

    def __init__(self, what: str, offset: int) -> None:
        """Take the kebab-case name of the fault and its place."""
        super().__init__(what, offset)
        self.what = what
        self.offset = offset


def container_end(buffer: Buffer, position: int, limit: int) -> int:
    """Read a container's header and tell where the container ends, which is never beyond `limit`."""
    if position + CONTAINER_HEADER_BYTES > limit:
        raise FormatError("container-truncated", position)
    magic, version, header_bytes, payload_bytes = _container(buffer, position)
    if magic != MAGIC or version != _VERSION or header_bytes != CONTAINER_HEADER_BYTES:
        raise FormatError("container-unknown", position)
    end: int = position + CONTAINER_HEADER_BYTES + payload_bytes
    if end > limit:
        raise FormatError("container-truncated", position)
    return end


def read_entry(buffer: Buffer, position: int) -> tuple[int, int]:
    """Read an entry's header, which must lie in the buffer: the packed image (0: of no known kind), and its size.

    Packed are, from the lowest bit on: `a`, `f`, compressed, twelve bits of architecture, five of the kind, and of PTX
    eight bits each of the minor and major version of its language.
    """
    kind, tag, header_bytes, payload_bytes, compressed_bytes, minor, major, architecture, flags = _entry(
        buffer, position
    )
    if tag != _ENTRY_TAG or not ENTRY_HEADER_BYTES <= header_bytes <= _LARGEST_HEADER:
        raise FormatError("entry-unknown", position)
    size = header_bytes + payload_bytes
    if kind not in KINDS:
        return 0, size
    if not _LOWEST_ARCHITECTURE <= architecture <= _HIGHEST_ARCHITECTURE:
        raise FormatError("entry-unknown", position)
    image = kind << 15 | architecture << 3 | (4 if compressed_bytes else 0) | flags >> _SUFFIX_BIT & 3
    return (image | (major & 0xFF) << 28 | (minor & 0xFF) << 20 if kind == PTX else image), size


def read_container(buffer: Buffer, position: int, limit: int) -> tuple[Images, int]:
    """Read the images of the container at `position`, and where it ends."""
    end = container_end(buffer, position, limit)
    position += CONTAINER_HEADER_BYTES
    images = []
    while position < end:
        if position + ENTRY_HEADER_BYTES > end:
            raise FormatError("entry-truncated", position)
        image, size = read_entry(buffer, position)
        position += size
        if image:
            images.append(image)
    if position != end:
        raise FormatError("entry-truncated", position)
    return tuple(images), end


def count_containers(
    buffer: Buffer, start: int, end: int, *, strict: bool, passed: Callable[[int, int], None] | None = None
) -> dict[Images, int]:
    """Count the containers between two offsets by the images they hold.

    `strict`: everything that begins as a container must be one (the sections made for them); otherwise the magic can
    be any data's own bytes, and what follows decides. `passed` is told from time to time which stretch is done with.
    """
    counted: dict[Images, int] = {}
    misses = containers = 0
    position = kept = start
    while True:
        if position - kept > _CHUNK and passed is not None:
            passed(kept, position)
            kept = position
        if buffer[position : position + 4] != MAGIC:
            position = _next_magic(buffer, position, end, passed)
        if position + len(MAGIC) > end:
            return counted
        try:
            images, position = read_container(buffer, position, end)
        except FormatError:
            misses += 1
            if strict or misses > _MOST_MISSES:
                raise
            position += len(MAGIC)
            continue
        counted[images] = counted.get(images, 0) + 1
        containers += 1
        if containers > _MOST_CONTAINERS:
            raise FormatError("too-many-containers", position)


def _next_magic(buffer: Buffer, start: int, end: int, passed: Callable[[int, int], None] | None) -> int:
    """Find the next magic between two offsets; `end` if there is none."""
    while start < end:
        stop = min(start + _CHUNK, end)
        found = _search(buffer, start, stop)
        if found is not None:
            return found.start()
        if passed is not None:
            passed(start, stop)
        if stop == end:
            break
        start = stop - len(MAGIC) + 1
    return end
