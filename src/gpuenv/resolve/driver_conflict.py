"""Finds what is wrong with a target whatever is asked for: its driver does not drive its GPUs (rule 5, Jetson)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause, Conflict
from gpuenv.resolve.causes import subset_causes
from gpuenv.rules.driver import driver_branch, gpu_driver_ceiling, gpu_driver_floor

if TYPE_CHECKING:
    from gpuenv.models.hardware import Driver, Gpu
    from gpuenv.models.matrix import ArchitectureRow
    from gpuenv.resolve.problem import Problem

_JETPACK_7_BRANCH: Final = 580
"""Driver branch of JetPack 7, the first Jetson system that takes SBSA wheels; JetPack 6 has 540 (L4T release notes)."""

_JETPACK_7_CUDA: Final = 13
"""CUDA major of JetPack 7; JetPack 6 has 12, JetPack 5 has 11."""

_USE_CPU: Final = Cause(change=Notice.of("use-cpu"), would_give=None)


def target_conflict(problem: Problem) -> Conflict | None:
    """Find what stands in the way whatever build is chosen, or None."""
    return _jetson_conflict(problem) or _branch_conflict(problem)


def _jetson_conflict(problem: Problem) -> Conflict | None:
    """Refuse a Jetson GPU elsewhere than on its own system: L4T before JetPack 7 takes no SBSA wheels at all."""
    target = problem.target
    jetsons = tuple(gpu for gpu in target.gpus if any(capability.is_tegra for capability in gpu.capabilities))
    if not jetsons:
        return None
    labels = tuple(gpu.label for gpu in jetsons)
    if target.platform.name != "linux-aarch64":
        change = Notice.of("change-platform", platform="linux-aarch64")
        return Conflict(
            reason=Notice.of("jetson-is-aarch64", gpus=labels, platform=target.platform.name),
            causes=(Cause(change=change, would_give=None),),
        )
    driver = target.driver
    if driver is None or not _is_before_jetpack_7(driver):
        return None
    change = Notice.of("install-jetpack", jetpack="7", branch=_JETPACK_7_BRANCH)
    stated = str(driver.version or f"CUDA {driver.cuda_version}")
    return Conflict(
        reason=Notice.of("jetson-takes-no-wheels", gpus=labels, driver=stated, jetpack="7"),
        causes=(Cause(change=change, would_give=None), _USE_CPU),
    )


def _is_before_jetpack_7(driver: Driver) -> bool:
    """By the driver's own version, since a compat library raises what it speaks; else by that."""
    if driver.version is not None:
        return driver.version.branch < _JETPACK_7_BRANCH
    return driver.cuda_version is not None and driver.cuda_version.major < _JETPACK_7_CUDA


def _branch_conflict(problem: Problem) -> Conflict | None:
    """Compare the driver's branch with the first and the last that drive each GPU."""
    driver = problem.target.driver
    if driver is None or driver.version is None:
        return None
    branch = driver_branch(driver.version, problem.target.platform, problem.matrix.cuda)
    gpus = problem.target.gpus
    below = tuple(gpu for gpu in gpus if branch < (gpu_driver_floor(_rows(problem, (gpu,))) or 0))
    above = tuple(
        gpu for gpu in gpus if (ceiling := gpu_driver_ceiling(_rows(problem, (gpu,)))) is not None and branch > ceiling
    )
    if not below and not above:
        return None
    rows = _rows(problem, gpus)
    floor, ceiling = gpu_driver_floor(rows), gpu_driver_ceiling(rows)
    driven = tuple(gpu for gpu in gpus if gpu not in below and gpu not in above)
    causes = (*subset_causes(problem, driven),)
    if floor is not None and ceiling is not None and floor > ceiling:
        labels = tuple(gpu.label for gpu in gpus)
        reason = Notice.of("no-driver-for-all-gpus", gpus=labels, oldest=floor, newest=ceiling)
        return Conflict(reason=reason, causes=(*causes, _USE_CPU))
    code, at_fault, needed = (
        ("driver-too-old-for-gpu", below, floor) if below else ("driver-dropped-gpu", above, ceiling)
    )
    is_open = bool(below) and any(row.open_kernel_module_only for row in rows)
    apt = _apt_package(problem, needed or branch, is_open=is_open)
    labels = tuple(gpu.label for gpu in at_fault)
    return Conflict(
        reason=Notice.of(code, gpus=labels, branch=needed, driver=str(driver.version), apt=apt),
        causes=(Cause(change=Notice.of("install-driver-branch", branch=needed, apt=apt), would_give=None), *causes),
    )


def _rows(problem: Problem, gpus: tuple[Gpu, ...]) -> list[ArchitectureRow]:
    return [
        problem.architectures[capability]
        for gpu in gpus
        for capability in gpu.capabilities
        if capability in problem.architectures
    ]


def _apt_package(problem: Problem, branch: int, *, is_open: bool) -> str | None:
    """Name Ubuntu's and Debian's package of a driver branch; None where the driver is Windows' own."""
    if problem.target.platform.driver_system != "linux":
        return None
    return f"nvidia-driver-{branch}-open" if is_open else f"nvidia-driver-{branch}"
