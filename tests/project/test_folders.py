from __future__ import annotations

from typing import TYPE_CHECKING

import platformdirs

from gpuenv.project.folders import cache_folder, data_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.models.surroundings import Surroundings


def test_folders_can_be_chosen(surroundings: Callable[..., Surroundings]) -> None:
    here = surroundings(GPUENV_CACHE_DIR="cache", GPUENV_DATA_DIR="/data")
    assert cache_folder(here) == here.cwd / "cache"
    assert str(data_folder(here)) == "/data"


def test_else_they_are_where_the_system_has_them(surroundings: Callable[..., Surroundings]) -> None:
    here = surroundings(GPUENV_CACHE_DIR="")
    assert cache_folder(here) == platformdirs.user_cache_path("gpuenv")
    assert data_folder(here) == platformdirs.user_data_path("gpuenv")
