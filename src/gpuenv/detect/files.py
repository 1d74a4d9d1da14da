"""Reads small files of the system that may be missing or forbidden."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_text(path: Path, *, limit: int = -1) -> str | None:
    """Read a file, or its first `limit` bytes, undecodable ones replaced; None where it is not there or forbidden."""
    try:
        with path.open("rb") as file:
            return file.read(limit).decode("utf-8", "replace")
    except OSError:
        return None


def exists(path: Path) -> bool:
    """Whether there is something by that name; a folder that may not be looked into holds nothing for us."""
    try:
        return path.exists()
    except OSError:
        return False


def names_in(folder: Path) -> tuple[str, ...]:
    """List what is in a folder, sorted; nothing where it is not there or forbidden."""
    try:
        return tuple(sorted(os.listdir(folder)))  # noqa: PTH208 - only the names
    except OSError:
        return ()


def on_path(name: str, environ: Mapping[str, str]) -> Path | None:
    """Find a program in the folders of PATH, never in the current one; an absolute path is taken as it is."""
    file = f"{name}.exe" if os.name == "nt" and not name.lower().endswith(".exe") else name
    folders = [Path(folder) for folder in environ.get("PATH", "").split(os.pathsep) if Path(folder).is_absolute()]
    candidates = [Path(file)] if Path(file).is_absolute() else [folder / file for folder in folders]
    return next((path for path in candidates if exists(path) and os.access(path, os.X_OK)), None)
