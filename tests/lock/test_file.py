"""A lock on the disk: whole or not at all, and left alone where nothing changed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.lock.file import write_lock_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lock_is_written_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "requirements-锁.txt"
    assert write_lock_file(path, "torch==1\n")
    assert path.read_bytes() == b"torch==1\n"
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_the_same_text_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock.txt"
    path.write_bytes(b"torch==1\n")
    os.utime(path, (1, 1))
    assert not write_lock_file(path, "torch==1\n")
    assert path.stat().st_mtime == 1


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_a_new_file_gets_the_usual_mode_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    assert write_lock_file(tmp_path / "new.txt", "a")
    assert (tmp_path / "new.txt").stat().st_mode == usual.stat().st_mode
    (tmp_path / "old.txt").touch(mode=0o640)
    assert write_lock_file(tmp_path / "old.txt", "a")
    assert (tmp_path / "old.txt").stat().st_mode & 0o777 == 0o640


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "lock.txt"
    with pytest.raises(GpuenvError) as refused:
        write_lock_file(path, "a")
    assert (refused.value.code, refused.value.context["path"]) == ("lock-not-writable", str(path))


def test_a_folder_in_its_place_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").mkdir()
    with pytest.raises(GpuenvError) as refused:
        write_lock_file(tmp_path / "lock.txt", "a")
    assert refused.value.code == "lock-not-writable"
    assert [found.name for found in tmp_path.iterdir()] == ["lock.txt"]
