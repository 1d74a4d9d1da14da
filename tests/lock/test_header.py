"""The header of a lock: written and read back as the same value, and refused where it was changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.lock.header import LockedGpu, LockHeader, parse_header, render_header
from gpuenv.models.cuda import Architecture, ComputeCapability, DriverVersion
from gpuenv.models.platform import PLATFORM_NAMES, Platform, PythonVersion

SAMPLE = Path(__file__).parents[1] / "data" / "lock" / "requirements-rtx-5090.txt"

RTX_5090 = LockHeader(
    gpus=(
        LockedGpu(
            name="NVIDIA GeForce RTX 5090",
            capabilities=(ComputeCapability(major=12, minor=0),),
            kind="sass",
            via=Architecture.parse("120"),
        ),
    ),
    minimum_driver=DriverVersion.parse("580.65.06"),
    platform=Platform(name="linux-x86_64", glibc=(2, 28)),
    python=PythonVersion(major=3, minor=12),
    matrix="2026.11",
    torch=Version("2.15.0"),
    tag="cu132",
)


def test_the_header_of_a_real_lock_is_read() -> None:
    assert parse_header(SAMPLE.read_text()) == RTX_5090


def test_a_header_is_written_one_fact_a_line() -> None:
    assert render_header(RTX_5090).splitlines() == [
        "# gpuenv lock, format 1",
        "# gpu: NVIDIA GeForce RTX 5090; 12.0; sass sm_120",
        "# driver: >=580.65.06",
        "# platform: linux-x86_64; glibc 2.28",
        "# python: 3.12",
        "# torch: 2.15.0; cu132",
        "# matrix: 2026.11",
        "#",
    ]


CAPABILITIES = st.builds(
    lambda pair: ComputeCapability(major=pair[0], minor=pair[1]), st.sampled_from([(6, 1), (8, 9), (10, 3), (12, 0)])
)
GPUS = st.builds(
    LockedGpu,
    name=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cs")), min_size=1),
    capabilities=st.lists(CAPABILITIES, min_size=1, max_size=2, unique=True).map(tuple),
    kind=st.sampled_from(["sass", "ptx"]),
    via=st.sampled_from(["61", "90a", "100f", "120"]).map(Architecture.parse),
)
HEADERS = st.builds(
    LockHeader,
    gpus=st.lists(GPUS, max_size=3).map(tuple),
    minimum_driver=st.none() | st.just(DriverVersion.parse("525.60.13")),
    platform=st.builds(
        Platform, name=st.sampled_from(PLATFORM_NAMES), glibc=st.none() | st.just((2, 28)), is_wsl=st.booleans()
    ),
    python=st.sampled_from([PythonVersion(major=3, minor=13, free_threaded=True), PythonVersion(major=3, minor=10)]),
    matrix=st.just("2026.11"),
    torch=st.just(Version("2.14.1+cu126")),
    tag=st.none() | st.just("cu126"),
)
ANY = replace(RTX_5090, gpus=(), minimum_driver=None, torch=None, tag=None, is_for_any_gpu=True)


def test_a_lock_of_nothing_that_is_built_for_a_gpu_says_that_it_is_for_any() -> None:
    assert render_header(ANY).splitlines()[1] == "# gpu: any"
    assert parse_header(render_header(ANY)) == ANY
    cpu = replace(ANY, is_for_any_gpu=False)
    assert render_header(cpu).splitlines()[1] == "# gpu: none"
    assert parse_header(render_header(cpu)) == cpu


@given(header=HEADERS)
def test_what_is_written_is_read_back(header: LockHeader) -> None:
    assert parse_header(render_header(header) + "torch==2.14.1+cu126 --hash=sha256:00\n") == header


@pytest.mark.parametrize(
    ("text", "code", "context"),
    [
        ("", "lock-header-missing", {}),
        ("torch==2.9.0\n", "lock-header-missing", {}),
        ("# gpuenv lock, format 2\n#\n", "lock-format-unknown", {"format": 2, "known": 1}),
        ("# gpuenv lock, format 1\n#\n", "lock-header-broken", {"line": "# gpu:"}),
        ("# gpuenv lock, format 1\ntorch==2.9.0\n", "lock-header-broken", {"line": "torch==2.9.0"}),
    ],
)
def test_a_file_that_is_no_lock_is_refused(text: str, code: str, context: dict[str, Literal[1, 2] | str]) -> None:
    with pytest.raises(GpuenvError) as refused:
        parse_header(text)
    assert (refused.value.code, refused.value.context) == (code, context)


@pytest.mark.parametrize(
    "line",
    [
        "# gpu: NVIDIA GeForce RTX 5090; 12.0; sass sm_many",
        "# gpu: NVIDIA GeForce RTX 5090",
        "# driver: >=new",
        "# platform: solaris-sparc",
        "# platform: linux-x86_64; musl",
        "# python: three",
        "# torch: newest",
    ],
)
def test_a_changed_line_is_refused_and_named(line: str) -> None:
    field = line.partition(":")[0]
    lines = [line if found.startswith(f"{field}:") else found for found in render_header(RTX_5090).splitlines()]
    with pytest.raises(GpuenvError) as refused:
        parse_header("\n".join(lines))
    assert refused.value.code == "lock-header-broken"
    named = str(refused.value.context["line"])
    assert named.startswith(field)
    assert named.partition(": ")[2] in line
