"""What a build is refused for before it starts."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from gpuenv.build.preflight import compiler_faults, headers_faults, space_faults
from gpuenv.models.hardware import CompilerLimits, HostCompiler
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from pathlib import Path

GIB = 1024**3
LIMITS = CompilerLimits(gcc=15, clang=21)


def gcc(version: str | None) -> HostCompiler:
    return HostCompiler(family="gcc", path="/usr/bin/g++", version=version)


@pytest.mark.parametrize("version", ["15.1.0", "12", None])
def test_a_compiler_that_nvcc_takes_or_that_does_not_tell_its_version_is_no_fault(version: str | None) -> None:
    assert compiler_faults([gcc(version)], LIMITS, "13.2") == ()


def test_a_host_compiler_newer_than_nvcc_knows_is_a_fault() -> None:
    assert compiler_faults([gcc("16.1.0"), gcc("13")], LIMITS, "13.2") == (
        Notice.of("host-compiler-too-new", compiler="gcc 16.1.0", toolkit="13.2", limit="15", gcc="15"),
    )
    assert compiler_faults([gcc("16.1.0")], None, "13.2") == ()


def test_no_host_compiler_is_a_fault() -> None:
    assert compiler_faults([], LIMITS, "13.2") == (Notice.of("no-host-compiler"),)


def test_disk_and_memory_are_compared_with_what_is_free(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    assert space_faults([(tmp_path / "not" / "yet", 1)], memory=64 * GIB) == ()
    assert space_faults([(tmp_path, 1)], memory=None) == ()
    (fault,) = space_faults([(tmp_path, free), (tmp_path / "cache", GIB)], memory=64 * GIB)
    assert (fault.code, fault.context["folder"]) == ("build-needs-disk", str(tmp_path))
    (fault,) = space_faults([(tmp_path, 1)], memory=GIB)
    assert fault == Notice.of("build-needs-memory", needed="2.0 GiB", free="1.0 GiB")


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for Python is a shell script")
def test_a_python_without_its_headers_is_a_fault(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho {tmp_path}\n")
    python.chmod(0o755)
    fault = Notice.of("python-headers-missing", python=str(python), folder=str(tmp_path))
    assert headers_faults(python, os.environ) == (fault,)
    (tmp_path / "Python.h").touch()
    assert headers_faults(python, os.environ) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for Python is a shell script")
def test_an_interpreter_that_cannot_be_asked_is_left_to_the_build(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    assert headers_faults(python, os.environ) == ()
