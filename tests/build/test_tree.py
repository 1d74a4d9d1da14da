"""The copy of a source tree that is built: where it lies, what it leaves out, and its C++ standard."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from gpuenv.build.tree import asked_standard, copy_tree, neutral_folder, raise_standard, tree_hash
from gpuenv.errors import GpuenvError

DATA = Path(__file__).parents[1] / "data" / "build"


def test_what_is_built_lies_on_a_path_without_arch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    research = tmp_path / "research"
    research.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(research))
    with neutral_folder() as folder:
        assert "arch" not in str(folder)
        assert folder.is_dir()
    assert not folder.exists()


def test_environments_caches_and_objects_of_earlier_builds_stay_behind(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in (
        *("setup.py", "fast/kernel.cu", "build/tools.py", "fast/build/temp.txt"),
        *("build/temp.linux-x86_64/kernel.o", "build/lib.linux/fast.so", "build/CMakeCache.txt", ".venv/pyvenv.cfg"),
        *("fast.egg-info/PKG-INFO", "fast/__pycache__/a.pyc"),
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).touch()
    copy_tree(source, tmp_path / "copy")
    copied = sorted(path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*.*"))
    assert copied == ["build/tools.py", "fast/build/temp.txt", "fast/kernel.cu", "setup.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="its folders have no such mode")
def test_the_copy_of_a_read_only_tree_can_be_built_in(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "fast").mkdir(parents=True)
    for place, mode in (("setup.py", 0o444), ("fast", 0o555), (".", 0o555)):
        (source / place).touch()
        (source / place).chmod(mode)
    copy_tree(source, tmp_path / "copy")
    modes = {place: oct((tmp_path / "copy" / place).stat().st_mode & 0o777) for place in (".", "fast", "setup.py")}
    assert modes == {".": "0o755", "fast": "0o755", "setup.py": "0o644"}
    assert oct(source.stat().st_mode & 0o777) == "0o555"


def test_the_hash_is_of_names_and_contents_and_not_of_the_place(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "fast").mkdir(parents=True)
        (tmp_path / name / "fast" / "kernel.cu").write_text("code")
        (tmp_path / name / ".git").mkdir()
        (tmp_path / name / ".git" / "HEAD").write_text(name)
    first = tree_hash(tmp_path / "a")
    assert first == tree_hash(tmp_path / "b")
    (tmp_path / "b" / "fast" / "kernel.cu").write_text("other")
    assert first != tree_hash(tmp_path / "b")
    (tmp_path / "b" / "fast" / "kernel.cu").rename(tmp_path / "b" / "fast" / "kernels.cu")
    (tmp_path / "b" / "fast" / "kernels.cu").write_text("code")
    assert first != tree_hash(tmp_path / "b")


def test_the_standard_that_headers_ask_for_is_read_from_the_log() -> None:
    assert asked_standard((DATA / "cxx20.log").read_text()) == 20
    assert asked_standard("error: expected ';'") is None


def test_older_standards_are_raised_in_build_scripts_alone(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text('flags = ["-std=c++17", "/std:c++14", "-std=gnu++1z"]\n')
    (tmp_path / "CMakeLists.txt").write_text("set(CMAKE_CXX_STANDARD 17)\nset(CMAKE_CUDA_STANDARD 14)\n")
    (tmp_path / "fast.py").write_text('flags = ["-std=c++20"]\n')
    (tmp_path / "notes.md").write_text("-std=c++17\n")
    assert raise_standard(tmp_path, 20) == ("CMakeLists.txt", "setup.py")
    assert (tmp_path / "setup.py").read_text() == 'flags = ["-std=c++20", "/std:c++20", "-std=gnu++20"]\n'
    assert (tmp_path / "CMakeLists.txt").read_text() == "set(CMAKE_CXX_STANDARD 20)\nset(CMAKE_CUDA_STANDARD 20)\n"
    assert (tmp_path / "notes.md").read_text() == "-std=c++17\n"
    assert raise_standard(tmp_path, 20) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_tree_that_cannot_be_copied_is_named_with_the_reason(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    os.mkfifo(source / "pipe")
    with pytest.raises(GpuenvError) as refused:
        copy_tree(source, tmp_path / "copy")
    detail = f"`{source}/pipe` is a named pipe"
    assert (refused.value.code, refused.value.context) == ("source-unreadable", {"path": str(source), "detail": detail})
