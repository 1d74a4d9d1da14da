from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from gpuenv.detect.details.msvc_runtime import find_msvc_runtime, parse_file_version, runtime_problems
from gpuenv.models.hardware import MsvcRuntime
from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll")


def library(major: int, minor: int, build: int) -> bytes:
    """A library as far as its version is read: VS_FIXEDFILEINFO behind other bytes."""
    info = struct.pack("<IIII", 0xFEEF04BD, 0x00010000, major << 16 | minor, build << 16)
    return b"MZ" + b"\0" * 100 + info + b"\0" * 36


def install(system: Path, *names: str, image: bytes) -> Path:
    system.mkdir(exist_ok=True)
    for name in names:
        (system / name).write_bytes(image)
    return system


def test_the_version_is_read_out_of_the_library(tmp_path: Path) -> None:
    system = install(tmp_path / "System32", *FILES, image=library(14, 44, 35211))
    assert find_msvc_runtime(system) == MsvcRuntime(version="14.44.35211.0")


@pytest.mark.parametrize("missing", FILES)
def test_a_runtime_of_which_a_part_is_missing_is_not_installed(tmp_path: Path, missing: str) -> None:
    names = tuple(name for name in FILES if name != missing)
    system = install(tmp_path / "System32", *names, image=library(14, 44, 35211))
    runtime = find_msvc_runtime(system)
    assert runtime == MsvcRuntime(version=None)
    (problem,) = runtime_problems(runtime)
    assert problem.code == "msvc-runtime-missing"
    assert phrase(problem.code, problem.context, "en").hints == ("winget install --id Microsoft.VCRedist.2015+.x64",)


def test_a_library_that_does_not_tell_its_version_leaves_it_open(tmp_path: Path) -> None:
    assert find_msvc_runtime(install(tmp_path / "System32", *FILES, image=b"MZ")) is None


def test_a_cut_library_tells_nothing() -> None:
    assert parse_file_version(library(14, 44, 35211)[:112]) is None


def test_an_installed_runtime_is_no_problem() -> None:
    assert runtime_problems(MsvcRuntime(version="14.28.29325.2")) == ()
