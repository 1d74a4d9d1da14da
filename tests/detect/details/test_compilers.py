from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest

from gpuenv.detect.details.compilers import compiler_version, parse_toolset, read_compilers
from gpuenv.models.hardware import HostCompiler
from support.machine_roots import write

posix = pytest.mark.skipif(os.name != "posix", reason="programs are files that may be executed")


def add_program(path: Path) -> Path:
    write(path, "")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("program", "family", "version"),
    [
        ("/usr/bin/x86_64-linux-gnu-g++-13", "gcc", "13"),
        ("/usr/bin/g++-14.2.0", "gcc", "14.2.0"),
        ("/usr/lib/llvm-18/bin/clang", "clang", "18"),
        ("/usr/bin/clang-19", "clang", "19"),
        ("/nowhere/bin/clang++", "clang", None),
        ("/nowhere/bin/g++", "gcc", None),
    ],
)
def test_the_name_of_the_real_file_tells_the_version(
    program: str, family: Literal["gcc", "clang"], version: str | None
) -> None:
    assert compiler_version(Path(program), family) == version


def test_the_folder_of_gcc_tells_the_version_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "lib/gcc/x86_64-pc-linux-gnu/15.1.1").mkdir(parents=True)
    assert compiler_version(tmp_path / "bin/g++", "gcc") == "15.1.1"
    (tmp_path / "lib64/gcc/x86_64-pc-linux-gnu/14.2.0").mkdir(parents=True)
    assert compiler_version(tmp_path / "bin/g++", "gcc") is None


@posix
def test_compilers_come_in_the_order_in_which_builds_ask_for_them(tmp_path: Path) -> None:
    real = add_program(tmp_path / "x86_64-linux-gnu-g++-12")
    (tmp_path / "g++").symlink_to(real.name)
    clang = add_program(tmp_path / "lib/llvm-18/bin/clang")
    (tmp_path / "clang++").symlink_to(clang)
    chosen = add_program(tmp_path / "g++-11")
    assert read_compilers({"PATH": str(tmp_path), "CXX": "g++-11 -pipe"}) == (
        HostCompiler(family="gcc", path=str(chosen), version="11"),
        HostCompiler(family="gcc", path=str(tmp_path / "g++"), version="12"),
        HostCompiler(family="clang", path=str(tmp_path / "clang++"), version="18"),
    )
    assert read_compilers({"PATH": ""}) == ()


@pytest.mark.parametrize(("toolset", "version"), [("14.44.35207\n", "1944"), ("14.29.30133", "1929"), ("", None)])
def test_visual_studios_toolset_tells_the_compiler(toolset: str, version: str | None) -> None:
    assert parse_toolset(toolset) == version
