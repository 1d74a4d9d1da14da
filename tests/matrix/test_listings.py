"""The builds of matrix 2026.11 against what indexes listed and what wheels require."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.platform import PLATFORM_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.matrix import CompatibilityMatrix, TorchBuild
    from gpuenv.models.platform import PlatformName

DATA = Path(__file__).parent.parent / "data" / "index"


@cache
def matrix() -> CompatibilityMatrix:
    return load_matrix("2026.11", cwd=Path("/"))


def rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def builds_of(version: str, index: str) -> list[TorchBuild]:
    """PyPI's Linux build carries a tag too."""
    return [
        build
        for build in matrix().torch
        if str(build.version) == version
        and build.platform == "linux-x86_64"
        and (build.on_pypi if index == "pypi" else build.tag == index)
    ]


def stated(build: TorchBuild, required: str) -> str:
    if required == "triton":
        return str(build.triton)
    return f"=={build.cudnn if 'cudnn' in required else build.nccl}"


def test_builds_have_the_cudnn_the_nccl_and_the_triton_that_their_wheels_require() -> None:
    required = [row for row in rows("pins.csv") if row["project"] == "torch"]
    found = [
        (row["version"], row["index"], row["requires"], stated(build, row["requires"]))
        for row in required
        for build in builds_of(row["version"], row["index"])
    ]
    assert found == [(row["version"], row["index"], row["requires"], row["specifier"]) for row in required]
    assert len(found) > 100


def test_companions_pair_with_the_torch_that_their_wheels_require() -> None:
    required = {
        (row["project"], row["version"], row["specifier"]) for row in rows("pins.csv") if row["project"] != "torch"
    }
    known = {(row.project, str(row.version)): row.torch for row in matrix().companions}
    assert {key for key in required if known.get(key[:2]) != SpecifierSet(key[2])} == set()


def test_every_build_that_the_index_had_is_in_the_matrix_with_its_pythons() -> None:
    missing = []
    checked = 0
    for row in rows("availability.csv"):
        builds = [
            build
            for build in matrix().torch
            if (str(build.version), build.tag) == (row["torch"], row["index"])
            and build.platform.startswith(row["system"])
        ]
        for python in row["pythons"].split():
            checked += 1
            minor = int(python.removeprefix("3."))
            if not any(build.python_min.minor <= minor <= build.python_max.minor for build in builds):
                missing.append((row["torch"], row["index"], row["system"], python))
    assert missing == []
    assert checked > 800


def test_nothing_that_a_build_brings_is_left_open() -> None:
    """cuDNN of every build with CUDA, NCCL of those for Linux, Triton of those for Linux that depend on it."""
    cuda = [build for build in matrix().torch if build.cuda is not None]
    assert [build.label for build in cuda if build.cudnn is None] == []
    linux = [build for build in cuda if build.platform.startswith("linux-")]
    assert [build.label for build in linux if build.nccl is None] == []
    with_triton = [build for build in linux if build.platform == "linux-x86_64" or build.version >= Version("2.9")]
    assert [f"{build.label} {build.platform}" for build in with_triton if matrix().triton_of(build) is None] == []
    assert [build.label for build in matrix().torch if build.cxx_standard is None] == []


@pytest.mark.parametrize("platform", PLATFORM_NAMES)
def test_every_wheel_on_the_default_index_was_read_and_the_newest_of_each_minor_as_a_whole(
    platform: PlatformName,
) -> None:
    """On Windows, macOS and, up to 2.10, Arm these are CPU builds: there is no library for GPUs in them."""
    evidence = {
        build.version: build.provenance.evidence.value
        for build in matrix().torch
        if build.on_pypi and build.platform == platform
    }
    newest = {version.release[:2]: version for version in sorted(evidence)}
    assert set(evidence.values()) <= {"binary", "binary-partial"}
    assert {str(version) for version in newest.values() if evidence[version] != "binary"} == set()
    assert len(newest) == 16
