"""Judges whether a lock covers a machine: its platform, Python, GPUs and driver, by what the lock says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.cuda import CudaVersion
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Coverage, DriverFit
from gpuenv.models.value import dataclass
from gpuenv.rules.coverage import same_gpu, sass_runs_on
from gpuenv.rules.driver import fit_of, floor_driver, is_older, read_driver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gpuenv.lock.header import LockedGpu, LockHeader
    from gpuenv.models.cuda import ComputeCapability, DriverVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import CudaRelease
    from gpuenv.models.platform import Platform
    from gpuenv.models.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsideredLock:
    """One lock, and in what it does not cover the machine."""

    path: Path
    header: LockHeader | None
    """None where it cannot be read."""
    misfits: tuple[Notice, ...]
    """Nothing where it covers the machine."""


def misfits(header: LockHeader, target: Target, *, releases: Sequence[CudaRelease]) -> tuple[Notice, ...]:
    """Name everything in which a lock does not cover a target; nothing where it does.

    `releases` are the CUDA versions of the matrix.
    """
    return (
        *_platform_misfits(header.platform, target.platform),
        *_python_misfits(header, target),
        *_gpu_misfits(header, target),
        *_driver_misfits(header, target, releases),
    )


def coverage(header: LockHeader, gpus: Sequence[Gpu]) -> tuple[Coverage, ...]:
    """Tell how a lock that covers these GPUs serves each of them."""
    return tuple(
        Coverage(gpu=gpu, kind=found.kind, via=found.via)
        for gpu in gpus
        if (found := _serving(header, gpu)) is not None
    )


def fit(header: LockHeader, target: Target, releases: Sequence[CudaRelease]) -> DriverFit | None:
    """Tell how the CUDA version of a lock fits the driver; None for the CPU."""
    cuda = _cuda(header)
    if cuda is None or target.is_cpu:
        return None
    reading = read_driver(target.driver, target.platform, releases) if target.driver is not None else None
    return fit_of(cuda, reading)


def _platform_misfits(made_for: Platform, here: Platform) -> Iterator[Notice]:
    if made_for.name != here.name:
        yield Notice.of("locked-other-platform", platform=made_for.name, here=here.name)
        return
    systems = (("glibc", made_for.effective_glibc, here.effective_glibc), ("macOS", made_for.macos, here.macos))
    for system, needs, has in systems:
        if needs is not None and has is not None and has < needs:
            yield Notice.of("locked-newer-system", system=system, needs=_dotted(needs), has=_dotted(has))


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _python_misfits(header: LockHeader, target: Target) -> Iterator[Notice]:
    if header.python != target.python:
        yield Notice.of("locked-other-python", python=str(header.python), here=str(target.python))


def _gpu_misfits(header: LockHeader, target: Target) -> Iterator[Notice]:
    if header.is_for_any_gpu:
        return
    made_for = tuple(dict.fromkeys(_label(gpu) for gpu in header.gpus))
    if target.is_cpu:
        if header.gpus:
            yield Notice.of("locked-for-gpu", gpus=made_for)
        return
    if not header.gpus:
        yield Notice.of("locked-for-cpu", here=tuple(gpu.label for gpu in target.gpus))
        return
    for gpu in target.gpus:
        if _serving(header, gpu) is None:
            yield Notice.of("locked-other-gpu", gpu=gpu.label, gpus=made_for)


def _label(gpu: LockedGpu) -> str:
    return f"{gpu.name} ({' or '.join(str(capability) for capability in gpu.capabilities)})"


def _serving(header: LockHeader, gpu: Gpu) -> LockedGpu | None:
    """Find the GPU of the lock whose code runs on this one, whichever capability it turns out to have."""
    cuda = _cuda(header)
    if not gpu.capabilities:
        return None
    exact = [one for one in header.gpus if all(_is_named(one, capability) for capability in gpu.capabilities)]
    near = [one for one in header.gpus if all(_runs(one, capability, cuda) for capability in gpu.capabilities)]
    return next(iter((*exact, *near)), None)


def _is_named(locked: LockedGpu, capability: ComputeCapability) -> bool:
    return any(same_gpu(known, capability) for known in locked.capabilities)


def _runs(locked: LockedGpu, capability: ComputeCapability, cuda: CudaVersion | None) -> bool:
    """Whether the machine code that serves the lock's GPU serves this one too (rule 1). PTX is not counted on."""
    return _is_named(locked, capability) or (
        locked.kind == "sass" and sass_runs_on(locked.via, capability, build_cuda=cuda)
    )


def _driver_misfits(header: LockHeader, target: Target, releases: Sequence[CudaRelease]) -> Iterator[Notice]:
    driver = target.driver
    if driver is None or target.is_cpu or header.minimum_driver is None:
        return
    needs = _needed_driver(header, target, releases)
    if needs is None or (driver.version is not None and not is_older(driver.version, needs)):
        return
    # What libcuda itself says counts more than a table: a cuda-compat package raises it (rule 4).
    loads = fit(header, target, releases)
    if loads is DriverFit.FORWARD_COMPAT or (driver.version is None and loads is not None):
        return
    has = str(driver.version) if driver.version is not None else f"CUDA {driver.cuda_version}"
    yield Notice.of("locked-newer-driver", needs=str(needs), has=has, branch=needs.branch)


def _needed_driver(header: LockHeader, target: Target, releases: Sequence[CudaRelease]) -> DriverVersion | None:
    """Name the oldest driver that runs the lock here: on WSL it is a Windows driver, elsewhere made for Linux."""
    if header.platform.driver_system == target.platform.driver_system:
        return header.minimum_driver
    cuda = _cuda(header)
    row = next((release for release in releases if release.version == cuda), None)
    return floor_driver(row, target.platform) if row is not None else None


def _cuda(header: LockHeader) -> CudaVersion | None:
    return CudaVersion.from_tag(header.tag) if header.tag is not None else None
