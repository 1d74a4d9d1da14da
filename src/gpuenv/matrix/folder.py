"""Reads the files of a matrix folder."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.matrix.table import Table

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

_POSITION = re.compile(r"\(at line (?P<line>\d+), column \d+\)")


def read_table(folder: Path, name: str) -> Table:
    """Read one file of a matrix folder.

    Errors: `matrix-file-missing`, `matrix-file-unreadable`, `matrix-not-toml` (with the line).
    """
    return parse_table(read_bytes(folder, name), file=str(folder / name))


def read_bytes(folder: Path, name: str) -> bytes:
    """Read the bytes of one file of a matrix folder; errors as those of `read_table`."""
    path = folder / name
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise GpuenvError("matrix-file-missing", file=str(path)) from error
    except OSError as error:
        raise GpuenvError("matrix-file-unreadable", file=str(path), detail=error.strerror) from error


def parse_table(content: bytes, *, file: str) -> Table:
    """Parse TOML; `matrix-not-toml` with the line for anything else."""
    try:
        return Table(tomllib.loads(content.decode()), file=file)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise GpuenvError("matrix-not-toml", file=file, line=line, detail="UTF-8") from error
    except RecursionError as error:
        raise GpuenvError("matrix-not-toml", file=file, line=1, detail="nested too deeply") from error
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        position = _POSITION.search(text)
        raise GpuenvError(
            "matrix-not-toml",
            file=file,
            line=int(position["line"]) if position else content.count(b"\n") + 1,
            detail=_POSITION.sub("", text).removesuffix("(at end of document)").strip(),
        ) from error
