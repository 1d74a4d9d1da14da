"""Reads the GPU code of the native libraries in a wheel, without unpacking it to disk."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, Final

from gpuenv.binaries.fatbin import FormatError
from gpuenv.binaries.filenames import distribution_of, is_native
from gpuenv.binaries.image import count_image, is_image
from gpuenv.binaries.stream import read_stream
from gpuenv.errors import GpuenvError
from gpuenv.models.binaries import InspectedFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.models.binaries import CodeSummary

_IN_MEMORY: Final = 8 * 1024 * 1024
"""Members up to this size, in bytes, are unpacked into memory; larger ones are read as they pass by."""
_LARGEST: Final = 16 * 1024**3
"""Bytes of all native members of a wheel together, unpacked; the largest real one (CUDA libraries) has 2 GiB."""
_SMALL: Final = 64 * 1024 * 1024
"""Bytes that are unpacked in no time, however well they are packed."""
_BOMB: Final = 200
"""Bytes that one packed byte of a member unpacks to; libraries reach 20. More is made to keep its reader busy."""

_COMPRESSIONS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What wheels are packed with. The others that Python knows ask for memory before they find fault with anything."""

BROKEN_ARCHIVE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
"""What `zipfile` raises for files that are damaged, encrypted, or packed in a way that no wheel is."""


def read_wheel(
    file: BinaryIO,
    name: str,
    *,
    is_thorough: bool = True,
    wanted: Callable[[str], bool] = is_native,
    fetched: Callable[[], int] | None = None,
) -> tuple[InspectedFile, ...]:
    """Read every native library of a wheel or zip file, or those that are `wanted` by their paths in it.

    `name` is its path or URL.

    Not `is_thorough`: only as much as tells the main set, and only of the libraries that have `cuda` in their names
    where there are such; the summaries are then partial. `fetched` tells how many bytes the file has cost so far.

    Raises `GpuenvError`: `wheel-damaged`, `wheel-too-large`, `binary-damaged`.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if wanted(member.filename)]
            unknown = {member.compress_type for member in members} - _COMPRESSIONS
            if unknown:
                raise GpuenvError("wheel-damaged", path=name, detail=f"compression {max(unknown)}")
            if sum(member.file_size for member in members) > _LARGEST or any(map(_is_bomb, members)):
                raise GpuenvError("wheel-too-large", path=name, limit_bytes=_LARGEST)
            if not is_thorough:
                cuda = [member for member in members if "cuda" in member.filename.rpartition("/")[2].lower()]
                members = cuda or members
            return tuple(
                _inspect(archive, member, name, is_thorough=is_thorough, fetched=fetched) for member in members
            )
    except BROKEN_ARCHIVE as error:
        raise GpuenvError("wheel-damaged", path=name, detail=str(error) or type(error).__name__) from error


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > max(_SMALL, _BOMB * member.compress_size)


def _inspect(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    name: str,
    *,
    is_thorough: bool,
    fetched: Callable[[], int] | None,
) -> InspectedFile:
    before = fetched() if fetched is not None else 0
    path = f"{name}!{member.filename}"
    try:
        summary = _read(archive, member, is_thorough=is_thorough)
    except FormatError as error:
        raise GpuenvError("binary-damaged", path=path, fault=error.what, offset=error.offset) from error
    return InspectedFile(
        path=path,
        distribution=distribution_of(name.rpartition("/")[2]),
        summary=summary,
        bytes_read=fetched() - before if fetched is not None else None,
    )


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, is_thorough: bool) -> CodeSummary:
    with archive.open(member) as stream:
        if member.file_size <= _IN_MEMORY:
            return count_image(stream.read()).summary()
        begin = stream.read(8)
        if not is_image(begin):
            return count_image(b"").summary()
        return read_stream(_joined(begin, stream.read), size=member.file_size, is_thorough=is_thorough)


def _joined(begin: bytes, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Put what was already read before the rest."""
    waiting = [begin]
    return lambda count: waiting.pop() if waiting else read(count)
