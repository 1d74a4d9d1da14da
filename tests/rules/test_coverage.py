"""Rules 1 to 3 on their own: cubins, suffixes, Tegra, Thor's two names, PTX."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion
from gpuenv.rules.coverage import best_ptx, best_sass, ptx_compiles_for, sass_runs_on

CUDA_13_0 = CudaVersion(major=13, minor=0)
CUDA_13_2 = CudaVersion(major=13, minor=2)


def arch(text: str) -> Architecture:
    return Architecture.parse(text)


def capability(text: str) -> ComputeCapability:
    return ComputeCapability.parse(text)


@pytest.mark.parametrize(
    ("code", "gpu", "runs"),
    [
        ("86", "8.9", True),
        ("60", "6.1", True),
        ("75", "8.0", False),
        ("86", "8.0", False),
        ("90", "10.0", False),
        ("120", "12.1", True),
        ("121", "12.0", False),
        ("90a", "9.0", True),
        ("100a", "10.3", False),
        ("100f", "10.3", True),
        ("103f", "10.0", False),
        ("120f", "12.1", True),
        ("100f", "12.0", False),
        ("100f", "10.1", False),
        ("101", "11.0", True),
        ("110", "10.1", True),
        ("100", "10.1", False),
        ("70", "7.2", False),
        ("86", "8.7", False),
        ("87", "8.7", True),
        ("87", "8.9", False),
        ("52", "5.3", False),
    ],
)
def test_a_cubin_runs_on_its_own_major_and_not_below_its_minor(code: str, gpu: str, runs: bool) -> None:  # noqa: FBT001
    assert sass_runs_on(arch(code), capability(gpu)) is runs


@pytest.mark.parametrize(("code", "gpu", "runs"), [("86", "8.7", True), ("70", "7.2", True), ("75", "8.7", False)])
def test_cuda_13_2_lifts_the_exclusion_of_jetson_for_some_code(code: str, gpu: str, runs: bool) -> None:  # noqa: FBT001
    assert sass_runs_on(arch(code), capability(gpu), build_cuda=CUDA_13_2) is runs
    assert not sass_runs_on(arch(code), capability(gpu), build_cuda=CUDA_13_0)


@pytest.mark.parametrize(
    ("code", "gpu", "compiles"),
    [
        ("37", "12.0", True),
        ("120", "10.3", False),
        ("120", "12.1", True),
        ("90a", "9.0", True),
        ("90a", "12.0", False),
        ("100f", "10.3", True),
        ("100f", "12.0", False),
    ],
)
def test_ptx_compiles_for_its_capability_and_newer_unless_a_suffix_narrows_it(
    code: str,
    gpu: str,
    compiles: bool,  # noqa: FBT001
) -> None:
    assert ptx_compiles_for(arch(code), capability(gpu)) is compiles


def test_the_nearest_cubin_is_named() -> None:
    sass = frozenset(map(arch, ("75", "80", "86", "90")))
    assert best_sass(sass, capability("8.9"), build_cuda=CUDA_13_0) == arch("86")
    assert best_sass(sass, capability("12.0"), build_cuda=CUDA_13_0) is None


def test_ptx_older_than_the_cubins_beside_it_serves_no_gpu_as_a_whole() -> None:
    sass = frozenset(map(arch, ("37", "50", "60", "61", "70", "75", "80", "86", "90")))
    assert best_ptx(sass, [arch("37")], capability("12.0")) is None
    assert best_ptx(frozenset([arch("120")]), [arch("120")], capability("12.1")) == arch("120")


@given(
    st.sampled_from([50, 52, 60, 61, 70, 75, 80, 86, 89, 90, 100, 103, 120, 121]),
    st.sampled_from([50, 52, 60, 61, 70, 75, 80, 86, 89, 90, 100, 103, 120, 121]),
)
def test_what_the_exact_code_runs_the_family_code_runs_too(code: int, gpu: int) -> None:
    target = capability(str(gpu))
    exact, family, plain = (sass_runs_on(arch(f"{code}{suffix}"), target) for suffix in ("a", "f", ""))
    assert exact <= family <= plain
