"""Names the folders in which gpuenv keeps what is its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuenv.models.surroundings import Surroundings


def cache_folder(surroundings: Surroundings) -> Path:
    """Name the folder for what can be fetched again: `GPUENV_CACHE_DIR`, else the system's place for it.

    It need not exist.
    """
    chosen = surroundings.environ.get("GPUENV_CACHE_DIR")
    if chosen:
        return surroundings.cwd / chosen
    if sys.platform.startswith("linux"):
        return _base_folder("XDG_CACHE_HOME", ".cache", surroundings) / "gpuenv"
    from platformdirs import user_cache_path  # noqa: PLC0415 - not for commands that keep nothing

    return user_cache_path("gpuenv", appauthor=False)


def matrix_cache(surroundings: Surroundings) -> Path:
    """Name the folder for what was read of matrices. It need not exist."""
    return cache_folder(surroundings) / "matrix"


def data_folder(surroundings: Surroundings) -> Path:
    """Name the folder for what is kept: `GPUENV_DATA_DIR`, else the system's place for it. It need not exist."""
    chosen = surroundings.environ.get("GPUENV_DATA_DIR")
    if chosen:
        return surroundings.cwd / chosen
    if sys.platform.startswith("linux"):
        return _base_folder("XDG_DATA_HOME", ".local/share", surroundings) / "gpuenv"
    from platformdirs import user_data_path  # noqa: PLC0415 - as above

    return user_data_path("gpuenv", appauthor=False)


def _base_folder(variable: str, default: str, surroundings: Surroundings) -> Path:
    """Give a folder of the XDG Base Directory Specification, which wants absolute paths.

    platformdirs gives the same; importing it takes half as long as Python does to start.
    """
    stated = Path(surroundings.environ.get(variable, ""))
    return stated if stated.is_absolute() else surroundings.home / default
