"""Rules 4 and 5: which builds a driver loads."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.cuda import CudaVersion, DriverVersion
from gpuenv.models.hardware import Driver, Probe
from gpuenv.models.platform import Platform
from gpuenv.models.resolution import DriverFit
from gpuenv.rules.driver import driver_cuda, driver_fit, is_older, minimum_driver

RELEASES = load_matrix(None, cwd=Path.cwd()).cuda
LINUX = Platform(name="linux-x86_64")
WINDOWS = Platform(name="windows-x86_64")
WSL = Platform(name="linux-x86_64", is_wsl=True)


def driver(version: str | None, cuda: str | None = None) -> Driver:
    return Driver(
        version=DriverVersion.parse(version) if version else None,
        cuda_version=CudaVersion.parse(cuda) if cuda else None,
        probe=Probe.DESCRIBED,
    )


@pytest.mark.parametrize(
    ("version", "platform", "spoken"),
    [
        ("580.95.05", LINUX, "13.0"),
        ("580.65.06", LINUX, "13.0"),
        ("580.64", LINUX, "12.9"),
        ("570.124.06", LINUX, "12.8"),
        ("470.82.01", LINUX, "11.4"),
        ("595.71.05", LINUX, "13.2"),
        ("572.61", WINDOWS, "12.8"),
        ("572.61", WSL, "12.8"),
        ("581.15", WINDOWS, "13.0"),
        ("418.67", LINUX, None),
    ],
)
def test_the_table_tells_which_cuda_a_driver_speaks(version: str, platform: Platform, spoken: str | None) -> None:
    found = driver_cuda(driver(version), platform, RELEASES)
    assert (str(found) if found else None) == spoken


def test_a_measured_cuda_version_beats_the_table() -> None:
    assert str(driver_cuda(driver("580.95.05", "12.9"), LINUX, RELEASES)) == "12.9"


@pytest.mark.parametrize(
    ("stated", "platform", "build", "fit"),
    [
        (driver("580.95.05"), LINUX, "13.0", DriverFit.DIRECT),
        (driver("580.95.05"), LINUX, "13.2", DriverFit.MINOR),
        (driver("580.95.05"), LINUX, "12.6", DriverFit.DIRECT),
        (driver("570.124.06"), LINUX, "13.0", None),
        (driver("570.124.06"), LINUX, "12.9", DriverFit.MINOR),
        (driver("525.60.13"), LINUX, "12.8", DriverFit.MINOR),
        (driver("520.61.05"), LINUX, "12.0", None),
        (driver("470.82.01"), LINUX, "11.8", DriverFit.MINOR),
        (driver("528.33"), WINDOWS, "12.8", DriverFit.MINOR),
        (driver(None, "12.9"), LINUX, "13.0", None),
        (driver(None, "13.0"), LINUX, "13.2", DriverFit.MINOR),
        (driver("535.54.03", "13.0"), LINUX, "13.0", DriverFit.FORWARD_COMPAT),
        (None, LINUX, "13.2", DriverFit.UNKNOWN),
        (driver("418.67"), LINUX, "11.8", None),
    ],
)
def test_the_fit_of_a_build_to_a_driver(
    stated: Driver | None, platform: Platform, build: str, fit: DriverFit | None
) -> None:
    assert driver_fit(CudaVersion.parse(build), stated, platform, RELEASES) is fit


def test_code_served_as_ptx_needs_a_driver_of_its_own_cuda_version() -> None:
    cuda = CudaVersion.parse("12.8")
    assert str(minimum_driver(cuda, LINUX, RELEASES, rows=(), is_ptx=False)) == "525.60.13"
    assert str(minimum_driver(cuda, LINUX, RELEASES, rows=(), is_ptx=True)) == "570.26"


@pytest.mark.parametrize(
    ("there", "first", "older"),
    [("570.86.16", "570.148.08", True), ("570.148.08", "570.148.08", False), ("570", "570.148.08", False)],
)
def test_a_bare_branch_is_not_older_than_a_driver_of_it(there: str, first: str, *, older: bool) -> None:
    assert is_older(DriverVersion.parse(there), DriverVersion.parse(first)) is older
