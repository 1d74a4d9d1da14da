"""Finds what is wrong with a target whatever is asked for: its driver does not drive its GPUs (rule 5, Jetson)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.cuda import DriverVersion
from gpuenv.models.notice import Notice
from gpuenv.models.platform import DEFAULT_GLIBC
from gpuenv.models.resolution import Cause, Conflict
from gpuenv.rules.driver import driver_branch, gpu_driver_ceiling, gpu_driver_floor

if TYPE_CHECKING:
    from gpuenv.errors import ContextValue
    from gpuenv.models.hardware import Driver, Gpu
    from gpuenv.models.matrix import ArchitectureRow
    from gpuenv.resolve.problem import Problem

_JETPACK_7_BRANCH: Final = 580
"""Driver branch of JetPack 7, the first Jetson system that takes SBSA wheels; JetPack 6 has 540 (L4T release notes)."""

_JETPACK_7_CUDA: Final = 13
"""CUDA major of JetPack 7; JetPack 6 has 12, JetPack 5 has 11."""


def target_conflict(problem: Problem) -> Conflict | None:
    """Find what stands in the way whatever build is chosen, or None."""
    return _musl_conflict(problem) or _jetson_conflict(problem) or _branch_conflict(problem)


def _musl_conflict(problem: Problem) -> Conflict | None:
    """Refuse a Linux without glibc: every wheel of the family is a manylinux one."""
    target = problem.target
    if target.origin != "detected" or not target.platform.name.startswith("linux") or target.platform.glibc:
        return None
    oldest = ".".join(map(str, DEFAULT_GLIBC))
    change = Notice.of("change-system", glibc=oldest)
    return Conflict(reason=Notice.of("no-wheels-for-musl"), causes=(Cause(change=change, would_give=None),))


def _jetson_conflict(problem: Problem) -> Conflict | None:
    """Refuse a Jetson GPU elsewhere than on its own system: L4T before JetPack 7 takes no SBSA wheels at all."""
    target = problem.target
    jetsons = tuple(gpu for gpu in target.gpus if any(capability.is_tegra for capability in gpu.capabilities))
    if not jetsons:
        return None
    from gpuenv.resolve.causes import use_cpu  # noqa: PLC0415 - most targets have nothing in their way
    from gpuenv.resolve.commands import Change, command  # noqa: PLC0415 - as above

    labels = tuple(gpu.label for gpu in jetsons)
    if target.platform.name != "linux-aarch64":
        to_arm = Change(platform="linux-aarch64")
        change = Notice.of("change-platform", platform="linux-aarch64", command=command(problem, to_arm))
        return Conflict(
            reason=Notice.of("jetson-is-aarch64", gpus=labels, platform=target.platform.name),
            causes=(Cause(change=change, would_give=None),),
        )
    driver = target.driver
    if driver is None or not _is_before_jetpack_7(driver):
        return None
    driven = Change(driver=DriverVersion(text=str(_JETPACK_7_BRANCH)))
    change = Notice.of("install-jetpack", jetpack="7", branch=_JETPACK_7_BRANCH, command=command(problem, driven))
    stated = str(driver.version or f"CUDA {driver.cuda_version}")
    return Conflict(
        reason=Notice.of("jetson-takes-no-wheels", gpus=labels, driver=stated, jetpack="7"),
        causes=(Cause(change=change, would_give=None), use_cpu(problem)),
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
    return _out_of_reach(problem, branch, below=below, above=above)


def _out_of_reach(problem: Problem, branch: int, *, below: tuple[Gpu, ...], above: tuple[Gpu, ...]) -> Conflict:
    """Tell of GPUs that the driver's branch is too old or too new for."""
    from gpuenv.resolve.causes import subset_causes, use_cpu  # noqa: PLC0415 - as above
    from gpuenv.resolve.commands import Change, command  # noqa: PLC0415 - as above
    from gpuenv.resolve.driver_hints import ways_to_get  # noqa: PLC0415 - as above

    driver, gpus = problem.target.driver, problem.target.gpus
    rows = _rows(problem, gpus)
    floor, ceiling = gpu_driver_floor(rows), gpu_driver_ceiling(rows)
    driven = tuple(gpu for gpu in gpus if gpu not in below and gpu not in above)
    causes = (*subset_causes(problem, driven),)
    if floor is not None and ceiling is not None and floor > ceiling:
        labels = tuple(gpu.label for gpu in gpus)
        reason = Notice.of("no-driver-for-all-gpus", gpus=labels, oldest=floor, newest=ceiling)
        return Conflict(reason=reason, causes=(*causes, use_cpu(problem)))
    code, at_fault, needed = (
        ("driver-too-old-for-gpu", below, floor) if below else ("driver-dropped-gpu", above, ceiling)
    )
    branch = needed or branch
    facts: dict[str, ContextValue] = {"branch": branch, **ways_to_get(problem, branch)}
    labels = tuple(gpu.label for gpu in at_fault)
    version = DriverVersion(text=str(branch))
    change = Notice.of("install-driver-branch", command=command(problem, Change(driver=version)), **facts)
    return Conflict(
        reason=Notice.of(code, gpus=labels, driver=str(driver.version if driver else None), branch=branch),
        causes=(Cause(change=change, would_give=_given(problem, version)), *causes),
    )


def _given(problem: Problem, version: DriverVersion) -> str | None:
    """Name the build of torch that a driver of the needed branch would get, if that is all that is wrong."""
    if problem.request.requirement("torch") is None:
        return None
    from gpuenv.resolve.causes import best_build  # noqa: PLC0415 - as above
    from gpuenv.resolve.problem import with_driver  # noqa: PLC0415 - as above

    return best_build(with_driver(problem, version))


def _rows(problem: Problem, gpus: tuple[Gpu, ...]) -> list[ArchitectureRow]:
    return [
        problem.architectures[capability]
        for gpu in gpus
        for capability in gpu.capabilities
        if capability in problem.architectures
    ]
