"""What is kept is whole, or not there."""

from __future__ import annotations

import stat
import sys
from typing import TYPE_CHECKING

import pytest

from gpuenv.project.cache_files import keep_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_kept_for_its_owner_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "page"
    keep_file(path, b"old")
    keep_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert [found.name for found in path.parent.iterdir()] == ["page"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR


def test_what_cannot_be_written_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    keep_file(tmp_path / "cache" / "page", b"new")
    assert [found.name for found in tmp_path.iterdir()] == ["cache"]


def test_an_interrupted_write_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page"
    keep_file(path, b"old")

    def interrupted(_source: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        keep_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["page"]
