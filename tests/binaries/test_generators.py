from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gpuenv.binaries import generators
from gpuenv.binaries.generators import (
    ask_generator,
    find_programs,
    is_generator,
    parse_generator,
    parse_nvrtc_answer,
    parse_ptxas_version,
)
from gpuenv.models.binaries import CodeGenerator
from gpuenv.models.cuda import ComputeCapability, CudaVersion

DATA = Path(__file__).parents[1] / "data" / "binaries"

NVRTC = """
int nvrtcVersion(int *major, int *minor) { *major = 12; *minor = 4; return 0; }
int nvrtcGetNumSupportedArchs(int *count) { *count = 3; return 0; }
int nvrtcGetSupportedArchs(int *numbers) { numbers[0] = 90; numbers[1] = 50; numbers[2] = 86; return 0; }
"""
OLD_NVRTC = "int nvrtcVersion(int *major, int *minor) { *major = 11; *minor = 0; return 0; }"
CRASHING = "int nvrtcVersion(int *major, int *minor) { return *(volatile int *)0; }"
HANGING = "int nvrtcVersion(int *major, int *minor) { for (;;) {} }"

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


def compiled(folder: Path, source: str) -> Path:
    path = folder / "libnvrtc.so.12"
    text = folder / "nvrtc.c"
    text.write_text(source, encoding="utf-8")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(path), str(text)], check=True)
    return path


def nvrtc(path: Path, cuda: str | None, *capabilities: str) -> CodeGenerator:
    return CodeGenerator(
        kind="nvrtc",
        path=str(path),
        distribution="nvidia-cuda-nvrtc",
        cuda=CudaVersion.parse(cuda) if cuda else None,
        architectures=tuple(ComputeCapability.parse(text) for text in capabilities) or None,
    )


def asked(path: Path) -> CodeGenerator:
    return parse_generator(path, "nvidia-cuda-nvrtc", ask_generator(path, os.environ))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("libnvrtc.so.12", True),
        ("libnvrtc-5b8ee1d5.so.12.9.86", True),
        ("nvrtc64_120_0.dll", True),
        ("ptxas-blackwell", True),
        ("ptxas.exe", True),
        ("libnvrtc-builtins.so.12.4", False),
        ("libcudart.so.12", False),
        ("cuobjdump", False),
    ],
)
def test_generators_are_known_by_name(name: str, is_one: bool) -> None:  # noqa: FBT001 - a table
    assert is_generator(Path("lib", name)) == is_one


@needs_compiler
def test_nvrtc_is_asked_what_it_can_compile_for(tmp_path: Path) -> None:
    path = compiled(tmp_path, NVRTC)
    assert asked(path) == nvrtc(path, "12.4", "5.0", "8.6", "9.0")


@needs_compiler
def test_an_old_nvrtc_that_cannot_tell_is_told_with_its_version(tmp_path: Path) -> None:
    path = compiled(tmp_path, OLD_NVRTC)
    assert asked(path) == nvrtc(path, "11.0")


@needs_compiler
@pytest.mark.parametrize("source", [CRASHING, HANGING, "int nothing;"], ids=["crashing", "hanging", "empty"])
def test_one_that_crashes_or_hangs_takes_nothing_with_it(
    tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generators, "_PATIENCE_S", 1.0)
    path = compiled(tmp_path, source)
    assert asked(path) == nvrtc(path, None)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_the_assemblers_of_triton_tell_their_cuda_version_and_what_they_compile_for(tmp_path: Path) -> None:
    folder = tmp_path / "triton/backends/nvidia/bin"
    folder.mkdir(parents=True)
    script = f"#!/bin/sh\ncat '{DATA}'/ptxas_${{1#--}}.txt\n"  # --version, --help
    for name, text in {"ptxas": script, "ptxas-blackwell": "none"}.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    (folder / "cuobjdump").touch()
    found = [parse_generator(path, owner, ask_generator(path, os.environ)) for path, owner in find_programs(tmp_path)]
    numbers = "5.0 5.2 5.3 6.0 6.1 6.2 7.0 7.2 7.5 8.0 8.6 8.7 8.9 9.0 10.0 10.1 10.3 12.0 12.1"
    known = tuple(map(ComputeCapability.parse, numbers.split()))
    assert [(one.kind, Path(one.path).name, one.cuda, one.architectures) for one in found] == [
        ("ptxas", "ptxas", CudaVersion(major=12, minor=9), known),
        ("ptxas", "ptxas-blackwell", None, None),
    ]


def test_an_environment_without_triton_has_no_assemblers(tmp_path: Path) -> None:
    assert find_programs(tmp_path) == ()


def test_the_version_of_ptxas_is_read() -> None:
    text = (DATA / "ptxas_version.txt").read_text(encoding="utf-8")
    assert parse_ptxas_version(text) == CudaVersion(major=12, minor=9)
    assert parse_ptxas_version("command not found") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "text\n", "{}"])
def test_an_answer_that_is_none_tells_nothing(text: str) -> None:
    assert parse_nvrtc_answer(text) == (None, None)
