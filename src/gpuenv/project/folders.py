"""Names the folders in which gpuenv keeps what is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.surroundings import Surroundings


def cache_folder(surroundings: Surroundings) -> Path:
    """Name the folder for what can be fetched again: `GPUENV_CACHE_DIR`, else the system's place for it.

    It need not exist.
    """
    chosen = surroundings.environ.get("GPUENV_CACHE_DIR")
    if chosen:
        return surroundings.cwd / chosen
    from platformdirs import user_cache_path  # noqa: PLC0415 - not for commands that keep nothing

    return user_cache_path("gpuenv", appauthor=False)


def data_folder(surroundings: Surroundings) -> Path:
    """Name the folder for what is kept: `GPUENV_DATA_DIR`, else the system's place for it. It need not exist."""
    chosen = surroundings.environ.get("GPUENV_DATA_DIR")
    if chosen:
        return surroundings.cwd / chosen
    from platformdirs import user_data_path  # noqa: PLC0415 - as above

    return user_data_path("gpuenv", appauthor=False)
