from __future__ import annotations

from typing import TYPE_CHECKING

import platformdirs
import pytest

from gpuenv.project.folders import cache_folder, data_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.models.surroundings import Surroundings


def test_folders_can_be_chosen(surroundings: Callable[..., Surroundings]) -> None:
    here = surroundings(GPUENV_CACHE_DIR="cache", GPUENV_DATA_DIR="/data")
    assert cache_folder(here) == here.cwd / "cache"
    assert str(data_folder(here)) == "/data"


@pytest.mark.parametrize(
    "stated",
    [{}, {"XDG_CACHE_HOME": "/srv/cache", "XDG_DATA_HOME": "/srv/data"}, {"XDG_CACHE_HOME": "", "XDG_DATA_HOME": "a"}],
    ids=str,
)
def test_else_they_are_where_the_system_has_them(
    stated: dict[str, str], surroundings: Callable[..., Surroundings], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = surroundings(GPUENV_CACHE_DIR="", **stated)
    monkeypatch.setenv("HOME", str(here.home))
    for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in stated.items():
        monkeypatch.setenv(variable, value)
    assert cache_folder(here) == platformdirs.user_cache_path("gpuenv")
    assert data_folder(here) == platformdirs.user_data_path("gpuenv")
