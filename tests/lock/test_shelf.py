"""The locks of a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.lock.reading import read_lock
from gpuenv.lock.shelf import find_locks, read_header

DATA = Path(__file__).parent.parent / "data" / "lock"
REAL = ("pylock.gtx-1080-ti.toml", "requirements-rtx-5090.txt")


def test_locks_are_found_among_other_files_and_broken_ones_say_why(tmp_path: Path) -> None:
    for name in REAL:
        shutil.copy(DATA / name, tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "notes.txt").write_text("torch==2.15.0\n")
    (tmp_path / "INSTALL-GPU.md").write_text("# gpuenv lock, format 1\n")
    (tmp_path / "later.txt").write_text("# gpuenv lock, format 2\n")
    found = [(one.path.name, one.failure.code if one.failure else None) for one in find_locks(tmp_path)]
    assert found == [("later.txt", "lock-format-unknown"), (REAL[0], None), (REAL[1], None)]


@pytest.mark.parametrize("name", REAL)
def test_the_header_alone_is_that_of_the_whole_lock(name: str) -> None:
    assert read_header(DATA / name) == read_lock(DATA / name).header


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "binary.txt", tmp_path / "missing.txt"):
        with pytest.raises(GpuenvError) as caught:
            read_header(path)
        assert caught.value.code == "lock-not-readable"
