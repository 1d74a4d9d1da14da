"""Rules 4 and 5: which CUDA builds a driver loads, and which drivers drive a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.cuda import DriverVersion
from gpuenv.models.resolution import DriverFit
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.hardware import Driver
    from gpuenv.models.matrix import ArchitectureRow, CudaRelease
    from gpuenv.models.platform import Platform


_LATEST: Final = 999
"""Greater than the second number of any driver."""


def first_driver(release: CudaRelease, platform: Platform) -> DriverVersion | None:
    """Name the first driver that speaks a CUDA version, or None where no source says.

    NVIDIA stopped listing Windows drivers with CUDA 13: there the Linux driver's branch stands in, since both
    systems take their branches together.
    """
    if platform.driver_system == "linux":
        return release.driver_linux
    if release.driver_windows is not None or release.driver_linux is None:
        return release.driver_windows
    return DriverVersion(text=str(release.driver_linux.branch))


def floor_driver(release: CudaRelease, platform: Platform) -> DriverVersion:
    """Name the oldest driver that runs builds of a CUDA version by minor-version compatibility."""
    return release.floor_windows if platform.driver_system == "windows" else release.floor_linux


def driver_cuda(driver: Driver, platform: Platform, releases: Sequence[CudaRelease]) -> CudaVersion | None:
    """Tell the highest CUDA version that a driver speaks: as measured, else by the table.

    None: older than every release of the table.
    """
    return driver.cuda_version or _cuda_by_table(driver, platform, releases)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverReading:
    """What a driver can load, worked out once for many builds."""

    version: DriverVersion | None
    cuda: CudaVersion | None
    """As `driver_cuda` tells it."""
    by_table: CudaVersion | None
    floors: Mapping[int, DriverVersion]
    """The oldest driver that runs builds of a CUDA major."""


def read_driver(driver: Driver, platform: Platform, releases: Sequence[CudaRelease]) -> DriverReading:
    """Work out what a driver can load."""
    by_table = _cuda_by_table(driver, platform, releases)
    return DriverReading(
        version=_in_use(driver.version) if driver.version is not None else None,
        cuda=driver.cuda_version or by_table,
        by_table=by_table,
        floors={release.version.major: floor_driver(release, platform) for release in releases},
    )


def is_older(version: DriverVersion, first: DriverVersion) -> bool:
    """Tell whether a driver is older than another; a bare branch stands for the drivers of it that are in use."""
    return _in_use(version) < first


def driver_fit(
    build_cuda: CudaVersion, driver: Driver | None, platform: Platform, releases: Sequence[CudaRelease]
) -> DriverFit | None:
    """Tell how a build's CUDA version fits a driver; None where the driver cannot load it."""
    return fit_of(build_cuda, read_driver(driver, platform, releases) if driver is not None else None)


def fit_of(build_cuda: CudaVersion, reading: DriverReading | None) -> DriverFit | None:
    """Tell how a build's CUDA version fits a driver that was read; None where the driver cannot load it."""
    if reading is None:
        return DriverFit.UNKNOWN
    spoken, by_table = reading.cuda, reading.by_table
    if spoken is None:
        return None
    is_raised = by_table is not None and by_table.major < spoken.major
    if build_cuda <= spoken:
        needs_raise = is_raised and by_table is not None and build_cuda.major > by_table.major
        return DriverFit.FORWARD_COMPAT if needs_raise else DriverFit.DIRECT
    if build_cuda.major != spoken.major:
        return None
    floor = reading.floors.get(build_cuda.major)
    if is_raised or reading.version is None or floor is None:
        return DriverFit.MINOR
    return DriverFit.MINOR if reading.version >= floor else None


def driver_branch(version: DriverVersion, platform: Platform, releases: Sequence[CudaRelease]) -> int:
    """Name the branch of a driver. On Windows a branch spans several numbers: 581.15 is of R580, 572.16 of R570."""
    if platform.driver_system == "linux":
        return version.branch
    branches = {release.driver_linux.branch for release in releases if release.driver_linux is not None}
    return max((branch for branch in branches if branch <= version.branch), default=version.branch)


def gpu_driver_floor(rows: Iterable[ArchitectureRow]) -> int | None:
    """Name the oldest driver branch that drives all of some GPUs; None where no floor is known."""
    return max((row.minimum_driver_branch for row in rows if row.minimum_driver_branch is not None), default=None)


def gpu_driver_ceiling(rows: Iterable[ArchitectureRow]) -> int | None:
    """Name the last driver branch that drives all of some GPUs; None while all go on."""
    return min((row.maximum_driver_branch for row in rows if row.maximum_driver_branch is not None), default=None)


def minimum_driver(
    build_cuda: CudaVersion,
    platform: Platform,
    releases: Sequence[CudaRelease],
    *,
    rows: Iterable[ArchitectureRow],
    is_ptx: bool,
) -> DriverVersion | None:
    """Name the oldest driver that runs a build on some GPUs.

    The floor of the CUDA major and the GPUs' own branch; code served as PTX needs a driver that speaks the build's
    CUDA version itself (rule 3).
    """
    release = next((row for row in releases if row.version == build_cuda), None)
    if release is None:
        return None
    exact = first_driver(release, platform) if is_ptx else None
    candidates = [exact or floor_driver(release, platform)]
    branch = gpu_driver_floor(rows)
    if branch is not None:
        candidates.append(_first_of_branch(branch, platform, releases))
    return max(candidates)


def _first_of_branch(branch: int, platform: Platform, releases: Sequence[CudaRelease]) -> DriverVersion:
    """Name the first listed driver of a branch, e.g. 570.26; the bare branch where none is listed."""
    listed = (first_driver(release, platform) for release in releases)
    return min(
        (driver for driver in listed if driver is not None and driver.branch == branch),
        default=DriverVersion(text=str(branch)),
    )


def _cuda_by_table(driver: Driver, platform: Platform, releases: Sequence[CudaRelease]) -> CudaVersion | None:
    if driver.version is None:
        return None
    version = _in_use(driver.version)
    return max(
        (
            release.version
            for release in releases
            if (first := first_driver(release, platform)) is not None and first <= version
        ),
        default=None,
    )


def _in_use(version: DriverVersion) -> DriverVersion:
    """Take a bare branch for the drivers of it that are in use: `580` is not older than 580.65.06."""
    return DriverVersion(text=f"{version.branch}.{_LATEST}") if version.numbers == (version.branch,) else version
