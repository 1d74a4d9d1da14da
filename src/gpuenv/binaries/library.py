"""Reads a native library, object file or static library on disk: its GPU code, and which libraries it needs."""

from __future__ import annotations

import mmap
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gpuenv.binaries.coff import DOS_MAGIC
from gpuenv.binaries.elf import ELF_MAGIC
from gpuenv.binaries.fatbin import FormatError
from gpuenv.binaries.image import CAN_ADVISE, count_image, is_image
from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuenv.models.binaries import CodeSummary
    from gpuenv.models.loading import LibraryFacts, LibraryNeeds


def read_code_objects(path: Path) -> CodeSummary:
    """Count the GPU code objects of a file by kind, architecture and container.

    Raises `GpuenvError`: `file-unreadable`; `binary-format-unknown` for a file of another kind, `binary-damaged` for
    one that does not hold what its headers say.
    """
    with _opened(path) as buffer:
        return count_image(buffer).summary()


def read_library(path: Path) -> LibraryFacts:
    """Read the GPU code of a library and what the loader needs for it; raises as `read_code_objects` does."""
    from gpuenv.models.loading import LibraryFacts  # noqa: PLC0415 - not for the code of one file

    with _opened(path) as buffer:
        return LibraryFacts(code=count_image(buffer).summary(), needs=library_needs(buffer))


def library_needs(buffer: mmap.mmap | bytes) -> LibraryNeeds:
    """Tell which libraries an ELF library or DLL needs; an object file or static library needs none."""
    from gpuenv.binaries.dll_needs import dll_needs  # noqa: PLC0415 - as above
    from gpuenv.binaries.elf_needs import elf_needs  # noqa: PLC0415 - as above
    from gpuenv.models.loading import LibraryNeeds  # noqa: PLC0415 - as above

    begin = buffer[:4]
    if begin == ELF_MAGIC:
        return elf_needs(buffer)
    return dll_needs(buffer) if begin.startswith(DOS_MAGIC) else LibraryNeeds()


@contextmanager
def _opened(path: Path) -> Iterator[mmap.mmap | bytes]:
    """Map a file that is of a kind that is read here; faults become coded errors."""
    try:
        with _mapped(path) as buffer:
            if not is_image(buffer[:8]):
                raise GpuenvError("binary-format-unknown", path=str(path))
            yield buffer
    except OSError as error:
        raise GpuenvError("file-unreadable", path=str(path), detail=error.strerror or str(error)) from error
    except FormatError as error:
        raise GpuenvError("binary-damaged", path=str(path), fault=error.what, offset=error.offset) from error


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    """Map a file into memory; an empty one cannot be."""
    with path.open("rb") as file:
        if not file.seek(0, 2):
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
            if CAN_ADVISE:
                # Hopping touches one page here and there: reading ahead would bring in the payloads.
                buffer.madvise(mmap.MADV_RANDOM)
            yield buffer
