"""Chooses the driver for some cards on a system: branch, kernel modules, and the commands that install it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.detect.judging.driver_packages import install_commands
from gpuenv.detect.judging.module_flavour import exclude_each_other, wanted_flavour
from gpuenv.models.value import dataclass
from gpuenv.rules.driver import gpu_driver_ceiling, gpu_driver_floor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.detect.platform import Distribution
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import ArchitectureRow
    from gpuenv.models.platform import Platform

_LONG_LIVED: Final = 580
"""The branch that every distribution packages: NVIDIA supports it longest, it drives every card from Maxwell to
Blackwell, and it speaks CUDA 13 (CUDA toolkit, driver and architecture matrix; read 2026-11)."""


_NO_END: Final = 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverAdvice:
    """How to get a driver for some cards."""

    branch: str
    """The branches that drive them: `570+`, `470` (the last), `570-580`."""
    command: str
    before: str | None = None
    """What has to be run first, e.g. to enable a repository."""


def advise_driver(
    platform: Platform, distribution: Distribution, gpus: Sequence[Gpu], rows: Sequence[ArchitectureRow]
) -> DriverAdvice:
    """Choose a driver for those cards. Where none drives them all it is that of the newer ones.

    Nothing here runs the commands.
    """
    chosen = _drivable(platform, gpus, rows)
    known = [row for row in rows if any(row.capability in gpu.capabilities for gpu in chosen)]
    floor, ceiling = gpu_driver_floor(known), gpu_driver_ceiling(known)
    branch = min(max(_LONG_LIVED, floor or 0), ceiling or _LONG_LIVED)
    shown = _branches(floor, ceiling)
    if platform.driver_system == "windows":
        # The driver is Windows' own, also under WSL; this opens the page that finds it.
        opener = "start" if platform.name.startswith("windows") else "explorer.exe"
        return DriverAdvice(branch=shown, command=f"{opener} https://www.nvidia.com/drivers")
    before, command = install_commands(
        distribution, platform, branch=branch, is_open=wanted_flavour(chosen, rows) == "open"
    )
    return DriverAdvice(branch=shown, command=command, before=before)


def branches_of(gpus: Sequence[Gpu], rows: Sequence[ArchitectureRow]) -> range | None:
    """Tell the branches that drive all of some cards; None where the rows do not know one of them."""
    known = [row for row in rows if any(row.capability in gpu.capabilities for gpu in gpus)]
    if not all(gpu.capabilities for gpu in gpus) or {row.capability for row in known} != {
        one for gpu in gpus for one in gpu.capabilities
    }:
        return None
    return range(gpu_driver_floor(known) or 0, (gpu_driver_ceiling(known) or _NO_END) + 1)


def no_common_branch(gpus: Sequence[Gpu], rows: Sequence[ArchitectureRow]) -> tuple[int, int] | None:
    """Tell the oldest and the newest branch that some card asks for where no branch drives all; else None."""
    known = [row for row in rows if any(row.capability in gpu.capabilities for gpu in gpus)]
    floor, ceiling = gpu_driver_floor(known), gpu_driver_ceiling(known)
    return (floor, ceiling) if floor is not None and ceiling is not None and floor > ceiling else None


def _drivable(platform: Platform, gpus: Sequence[Gpu], rows: Sequence[ArchitectureRow]) -> tuple[Gpu, ...]:
    """Leave out the cards that no driver drives beside the newest ones."""
    apart = exclude_each_other(gpus, rows) if platform.driver_system == "linux" else None
    left = tuple(gpu for gpu in gpus if apart is None or gpu not in apart[1])
    if no_common_branch(left, rows) is None:
        return left
    dropped = {row.capability for row in rows if row.maximum_driver_branch is not None}
    return tuple(gpu for gpu in left if not dropped.intersection(gpu.capabilities))


def _branches(floor: int | None, ceiling: int | None) -> str:
    if ceiling is None:
        return f"{floor or _LONG_LIVED}+"
    return f"{floor}-{ceiling}" if floor is not None and floor < ceiling else str(ceiling)
