"""What follows from the build rows, per compute capability."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.derived import ArchitectureSummary, TagSummary, serving_torch, summarize
from gpuenv.models.cuda import ComputeCapability, CudaVersion

if TYPE_CHECKING:
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.platform import PlatformName


@cache
def matrix() -> CompatibilityMatrix:
    return load_matrix("2026.11", cwd=Path("/"))


def summary(capability: str, platform: PlatformName) -> ArchitectureSummary:
    wanted = ComputeCapability.parse(capability)
    return next(row for row in summarize(matrix(), platform) if row.capability == wanted)


def of_tag(tag: str, first: str, last: str) -> TagSummary:
    return TagSummary(
        tag=tag,
        first_torch=Version(first),
        last_torch=Version(last),
        index_url=f"https://download.pytorch.org/whl/{tag}",
    )


def test_blackwell_on_linux_is_summed_up_from_its_builds() -> None:
    assert summary("12.0", "linux-x86_64") == ArchitectureSummary(
        capability=ComputeCapability(major=12, minor=0),
        generation="Blackwell",
        minimum_cuda=CudaVersion(major=12, minor=8),
        maximum_cuda=None,
        first_torch=Version("2.7.0"),
        last_torch=Version("2.15.0"),
        tags=(
            of_tag("cu128", "2.7.0", "2.11.0"),
            of_tag("cu129", "2.8.0", "2.13.0"),
            of_tag("cu130", "2.9.0", "2.15.0"),
            of_tag("cu132", "2.12.0", "2.15.0"),
        ),
        nightly=("nightly/cu130", "nightly/cu132", "nightly/cu134"),
        minimum_driver_branch=570,
        maximum_driver_branch=None,
        minimum_onnxruntime=Version("1.19.0"),
        maximum_onnxruntime=Version("1.31.1"),
        minimum_cudnn=Version("9.7.0"),
        maximum_cudnn=None,
    )


def test_pascal_ends_with_the_last_cu126_builds() -> None:
    pascal = summary("6.1", "linux-x86_64")
    assert (str(pascal.first_torch), str(pascal.last_torch)) == ("2.0.0", "2.14.1")
    assert [(found.tag, str(found.last_torch)) for found in pascal.tags] == [
        ("cu117", "2.0.1"),
        ("cu118", "2.7.1"),
        ("cu121", "2.5.1"),
        ("cu124", "2.6.0"),
        ("cu126", "2.14.1"),
    ]
    assert pascal.nightly == ()


def test_volta_is_in_cu128_from_2_8_to_2_10_only() -> None:
    assert of_tag("cu128", "2.8.0", "2.10.0") in summary("7.0", "linux-x86_64").tags


def test_pascal_runs_on_the_cu128_builds_for_windows_that_linux_lacks() -> None:
    assert of_tag("cu128", "2.7.0", "2.8.0") in summary("6.1", "windows-x86_64").tags


def test_thor_is_served_on_arm_from_cu130_on() -> None:
    thor = summary("11.0", "linux-aarch64")
    assert [found.tag for found in thor.tags] == ["cu130", "cu132"]
    assert (str(thor.first_torch), thor.nightly) == ("2.9.0", ())


def test_kepler_3_5_has_no_build_and_3_7_has() -> None:
    assert summary("3.5", "linux-x86_64").tags == ()
    assert summary("3.5", "linux-x86_64").first_torch is None
    assert str(summary("3.7", "linux-x86_64").last_torch) == "2.7.1"


def test_old_ptx_beside_newer_code_does_not_count_as_serving() -> None:
    """The cu118 builds for Windows carry compute_37, which any newer GPU could compile, and which fails there."""
    row = matrix().architecture(ComputeCapability.parse("12.0"))
    assert row is not None
    assert [build.tag for build in serving_torch(matrix(), row, "windows-x86_64") if build.tag == "cu118"] == []


@pytest.mark.parametrize(
    ("capability", "first"),
    [("3.7", None), ("5.0", None), ("6.1", "1.16.0"), ("9.0", "1.16.0"), ("12.0", "1.19.0"), ("11.0", None)],
)
def test_the_minimum_onnxruntime_of_a_capability_follows_from_the_builds(capability: str, first: str | None) -> None:
    found = summary(capability, "linux-x86_64").minimum_onnxruntime
    assert (found and str(found)) == first


def test_an_onnxruntime_whose_cudnn_is_older_than_the_gpu_needs_does_not_serve_it() -> None:
    builds = tuple(replace(build, cudnn_major=8) for build in matrix().onnxruntime)
    rows = summarize(replace(matrix(), onnxruntime=builds), "linux-x86_64")
    (row,) = (row for row in rows if row.capability == ComputeCapability.parse("12.0"))
    assert (row.minimum_onnxruntime, row.maximum_onnxruntime) == (None, None)
