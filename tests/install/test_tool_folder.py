"""Folders of gpuenv's own: made of wheels, wholly or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.install.tool_folder import install_into
from gpuenv.models.progress import Reporter
from gpuenv.models.settings import IndexSettings
from support.wheels import make_wheel


def install(folder: Path, links: Path, *requirements: str, excluded: tuple[str, ...] = ()) -> None:
    install_into(
        folder,
        requirements,
        python=Path(sys.executable),
        settings=IndexSettings(find_links=(str(links),), no_index=True),
        environ={**os.environ, "UV_CACHE_DIR": str(links.parent / "uv-cache")},
        reporter=Reporter(),
        with_dependencies=True,
        excluded=excluded,
        is_offline=True,
    )


def test_packages_and_what_they_need_come_without_what_is_excluded(tmp_path: Path) -> None:
    links = tmp_path / "links"
    links.mkdir()
    make_wheel(links, "ninja", "1.13.0", requires=("torch", "helper-of-ninja"))
    make_wheel(links, "helper-of-ninja", "1.0")
    install(tmp_path / "tools" / "a", links, "ninja", excluded=("torch",))
    names = {path.name for path in (tmp_path / "tools" / "a").iterdir()}
    assert {"ninja-1.13.0.dist-info", "helper_of_ninja-1.0.dist-info"} <= names
    assert [path.name for path in (tmp_path / "tools").iterdir()] == ["a"]


def test_what_cannot_be_had_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    with pytest.raises(GpuenvError):
        install(tmp_path / "tools" / "a", tmp_path / "links", "nobody-has-this")
    assert list((tmp_path / "tools").iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "tools").write_text("a file in the place of the folder")
    with pytest.raises(GpuenvError) as refused:
        install(tmp_path / "tools" / "a", tmp_path, "ninja")
    assert (refused.value.code, refused.value.context) == (
        "folder-not-writable",
        {"folder": str(tmp_path / "tools" / "a"), "detail": "File exists"},
    )
