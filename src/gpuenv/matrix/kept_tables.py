"""Keeps the tables of matrix files as JSON between runs: Python reads that twenty times faster than TOML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gpuenv.project.cache_files import keep_file, kept_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_END: Final = b"\0"
"""Between the TOML and the JSON: a byte that no TOML file has."""


def load_tables(path: Path, content: bytes) -> dict[str, object] | None:
    """Give the tables that were kept of a TOML file of this very content; None where they have to be read from it.

    What is kept begins with the whole TOML that it was made of, so that it holds as long as that is the same, byte
    for byte. A file that cannot be read, is damaged, or could have been written by somebody else says nothing.
    """
    kept = kept_file(path)
    if kept is None or not kept.startswith(content + _END):
        return None
    try:
        tables = json.loads(kept[len(content) + len(_END) :])
    except (ValueError, RecursionError):
        return None
    return tables if isinstance(tables, dict) else None


def keep_tables(path: Path, content: bytes, tables: Mapping[str, object]) -> None:
    """Keep the tables of a TOML file; where that is not possible, they are read from the TOML next time, too."""
    try:
        kept = content + _END + json.dumps(tables, ensure_ascii=False, separators=(",", ":")).encode()
    except TypeError:
        return  # Dates are TOML and no JSON; no matrix has any.
    keep_file(path, kept)
