"""Reads the files of a matrix folder."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.matrix.kept_tables import keep_tables, load_tables
from gpuenv.matrix.table import Table

if TYPE_CHECKING:
    from pathlib import Path

_POSITION = r"\(at line (?P<line>\d+), column \d+\)"


def read_table(folder: Path, name: str, *, cache: Path | None = None) -> Table:
    """Read one file of a matrix folder, by way of what `cache` keeps of it; None reads the TOML itself.

    Errors: `matrix-file-missing`, `matrix-file-unreadable`, `matrix-not-toml` (with the line).
    """
    content, file = read_bytes(folder, name), str(folder / name)
    if cache is None:
        return parse_table(content, file=file)
    kept = cache / f"{folder.name}-{name}.json"
    values = load_tables(kept, content)
    if values is None:
        values = parse_values(content, file=file)
        keep_tables(kept, content, values)
    return Table(values, file=file)


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
    return Table(parse_values(content, file=file), file=file)


def parse_values(content: bytes, *, file: str) -> dict[str, object]:
    """Parse TOML as `parse_table` does, into what Python has for it."""
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - not where the tables of a run before were kept
    else:
        import tomli as tomllib  # noqa: PLC0415 - as above
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise GpuenvError("matrix-not-toml", file=file, line=line, detail="UTF-8") from error
    except RecursionError as error:
        raise GpuenvError("matrix-not-toml", file=file, line=1, detail="nested too deeply") from error
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        position = re.search(_POSITION, text)
        raise GpuenvError(
            "matrix-not-toml",
            file=file,
            line=int(position["line"]) if position else content.count(b"\n") + 1,
            detail=re.sub(_POSITION, "", text).removesuffix("(at end of document)").strip(),
        ) from error
