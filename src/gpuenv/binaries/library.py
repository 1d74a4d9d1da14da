"""Reads the GPU code of a native library, object file or static library on disk."""

from __future__ import annotations

import mmap
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gpuenv.binaries.fatbin import FormatError
from gpuenv.binaries.image import CAN_ADVISE, count_image, is_image
from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuenv.models.binaries import CodeSummary


def read_code_objects(path: Path) -> CodeSummary:
    """Count the GPU code objects of a file by kind, architecture and container.

    Raises `GpuenvError`: `file-unreadable`; `binary-format-unknown` for a file of another kind, `binary-damaged` for
    one that does not hold what its headers say.
    """
    try:
        with _mapped(path) as buffer:
            if not is_image(buffer[:8]):
                raise GpuenvError("binary-format-unknown", path=str(path))
            return count_image(buffer).summary()
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
