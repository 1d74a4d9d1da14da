"""Whether a lock covers a machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
from packaging.version import Version

from gpuenv.lock.header import LockedGpu, LockHeader
from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.hardware import Driver, Gpu, Probe
from gpuenv.models.notice import Notice
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.resolution import Coverage
from gpuenv.models.target import Target
from gpuenv.workflow.from_lock.fit import coverage, misfits

if TYPE_CHECKING:
    from gpuenv.models.matrix import CompatibilityMatrix

LINUX = Platform(name="linux-x86_64", glibc=(2, 28))


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> CompatibilityMatrix:
    return load_matrix(None, cwd=tmp_path_factory.mktemp("cwd"))


def locked(capability: str, via: str, kind: Literal["sass", "ptx"] = "sass") -> LockedGpu:
    return LockedGpu(
        name=f"card of {capability}",
        capabilities=tuple(ComputeCapability.parse(text) for text in capability.split("/")),
        kind=kind,
        via=Architecture.parse(via),
    )


def header(*gpus: LockedGpu, driver: str | None = "580.65.06", platform: Platform = LINUX) -> LockHeader:
    return LockHeader(
        gpus=gpus,
        minimum_driver=DriverVersion.parse(driver) if driver and gpus else None,
        platform=platform,
        python=PythonVersion(major=3, minor=12),
        matrix="2026.11",
        torch=Version("2.15.0+cu130") if gpus else Version("2.15.0+cpu"),
        tag="cu130" if gpus else "cpu",
    )


def gpu(capability: str) -> Gpu:
    found = tuple(ComputeCapability.parse(text) for text in capability.split("/"))
    return Gpu(name=f"GPU {capability}", capabilities=found, probe=Probe.DESCRIBED)


def driver(version: str | None, cuda: str | None = None) -> Driver:
    return Driver(
        version=DriverVersion.parse(version) if version else None,
        cuda_version=CudaVersion.parse(cuda) if cuda else None,
        probe=Probe.NVML,
    )


def target(*capabilities: str, has: Driver | None = None, platform: Platform = LINUX) -> Target:
    return Target(
        gpus=tuple(gpu(capability) for capability in capabilities),
        driver=has,
        platform=platform,
        python=PythonVersion(major=3, minor=12),
        origin="detected",
    )


def codes(found: tuple[Notice, ...]) -> list[str]:
    return [misfit.code for misfit in found]


@pytest.mark.parametrize(
    ("made_for", "here", "covers"),
    [
        (locked("12.0", "120"), ("12.0",), True),
        (locked("12.0", "120"), ("12.0", "12.0"), True),
        (locked("12.0", "120"), ("12.0", "7.5"), False),
        (locked("8.6", "86"), ("8.9",), True),
        (locked("8.9", "86"), ("8.0",), False),
        (locked("8.0", "80"), ("8.7",), False),
        (locked("9.0", "90a"), ("9.0",), True),
        (locked("10.0", "100f"), ("10.3",), True),
        (locked("12.0", "120a"), ("12.1",), False),
        (locked("9.0", "90", "ptx"), ("9.0",), True),
        (locked("9.0", "90", "ptx"), ("10.0",), False),
        (locked("11.0", "110"), ("10.1",), True),
        (locked("6.0/7.0", "60"), ("6.0",), True),
        (locked("6.0", "60"), ("6.0/7.0",), False),
    ],
)
def test_a_lock_covers_what_its_code_runs_on(
    made_for: LockedGpu, here: tuple[str, ...], *, covers: bool, matrix: CompatibilityMatrix
) -> None:
    found = misfits(header(made_for), target(*here), releases=matrix.cuda)
    assert codes(found) == ([] if covers else ["locked-other-gpu"])


def test_the_gpu_of_the_lock_that_serves_each_gpu_is_told() -> None:
    lock = header(locked("8.6", "86"), locked("12.0", "120"))
    assert coverage(lock, (gpu("12.0"), gpu("8.9"))) == (
        Coverage(gpu=gpu("12.0"), kind="sass", via=Architecture.parse("120")),
        Coverage(gpu=gpu("8.9"), kind="sass", via=Architecture.parse("86")),
    )


def test_every_misfit_is_named(matrix: CompatibilityMatrix) -> None:
    here = replace(
        target("7.5", has=driver("470.82")),
        platform=Platform(name="linux-aarch64"),
        python=PythonVersion(major=3, minor=12, free_threaded=True),
    )
    assert misfits(header(locked("12.0", "120")), here, releases=matrix.cuda) == (
        Notice.of("locked-other-platform", platform="linux-x86_64", here="linux-aarch64"),
        Notice.of("locked-other-python", python="3.12", here="3.12t"),
        Notice.of("locked-other-gpu", gpu="GPU 7.5 (7.5)", gpus=("card of 12.0 (12.0)",)),
        Notice.of("locked-newer-driver", needs="580.65.06", has="470.82", branch=580),
    )


def test_no_gpu_is_left_to_a_cpu_lock_and_no_cpu_to_a_gpu_lock(matrix: CompatibilityMatrix) -> None:
    assert codes(misfits(header(), target("12.0", has=driver("580.95.05")), releases=matrix.cuda)) == ["locked-for-cpu"]
    assert codes(misfits(header(locked("12.0", "120")), target(), releases=matrix.cuda)) == ["locked-for-gpu"]
    assert misfits(header(), target(), releases=matrix.cuda) == ()


@pytest.mark.parametrize(
    ("made_for", "here", "covers"),
    [
        ((2, 28), (2, 34), True),
        ((2, 34), (2, 28), False),
        (None, (2, 28), True),
        (None, (2, 17), False),
    ],
)
def test_an_older_system_than_the_lock_was_made_for_is_refused(
    made_for: tuple[int, int] | None, here: tuple[int, int], *, covers: bool, matrix: CompatibilityMatrix
) -> None:
    lock = header(platform=Platform(name="linux-x86_64", glibc=made_for))
    machine = target(platform=Platform(name="linux-x86_64", glibc=here))
    assert codes(misfits(lock, machine, releases=matrix.cuda)) == ([] if covers else ["locked-newer-system"])


@pytest.mark.parametrize(
    ("has", "covers"),
    [
        (None, True),
        (driver("580.95.05"), True),
        (driver("580"), True),
        (driver("575.51"), False),
        (driver("535.183.01", "13.0"), True),
        (driver("535.183.01", "12.8"), False),
        (driver(None, "13.0"), True),
        (driver(None, "12.8"), False),
    ],
    ids=("unknown", "newer", "bare-branch", "older", "raised-by-cuda-compat", "raised-too-little", "measured", "old"),
)
def test_what_the_driver_loads_decides(has: Driver | None, *, covers: bool, matrix: CompatibilityMatrix) -> None:
    found = misfits(header(locked("9.0", "90")), target("9.0", has=has), releases=matrix.cuda)
    assert codes(found) == ([] if covers else ["locked-newer-driver"])


def test_on_wsl_the_driver_is_compared_with_the_numbers_of_windows(matrix: CompatibilityMatrix) -> None:
    wsl = Platform(name="linux-x86_64", glibc=(2, 35), is_wsl=True)
    lock = replace(header(locked("8.9", "89"), driver="525.60.13"), tag="cu126", torch=Version("2.14.1+cu126"))
    for version, covers in (("528.33", True), ("527.41", True), ("526.98", False)):
        found = misfits(lock, target("8.9", has=driver(version), platform=wsl), releases=matrix.cuda)
        assert codes(found) == ([] if covers else ["locked-newer-driver"]), version


def test_unknown_gpus_are_not_covered(matrix: CompatibilityMatrix) -> None:
    unknown = replace(target("12.0"), gpus=(Gpu(name="odd", capabilities=(), probe=Probe.PCI),))
    assert codes(misfits(header(locked("12.0", "120")), unknown, releases=matrix.cuda)) == ["locked-other-gpu"]


@pytest.mark.parametrize("here", [(), ("3.7",), ("6.1", "12.0")])
def test_a_lock_of_nothing_that_is_built_for_a_gpu_covers_every_machine(
    here: tuple[str, ...], matrix: CompatibilityMatrix
) -> None:
    made = replace(header(), torch=None, tag=None, is_for_any_gpu=True)
    assert misfits(made, target(*here, has=driver("390.48")), releases=matrix.cuda) == ()
