"""Reads small files of the system that may be missing or forbidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_text(path: Path) -> str | None:
    """Read a file, undecodable bytes replaced; None where there is none or it may not be read."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return None


def exists(path: Path) -> bool:
    """Whether there is something by that name; a folder that may not be looked into holds nothing for us."""
    try:
        return path.exists()
    except OSError:
        return False
