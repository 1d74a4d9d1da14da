"""How a person gets a driver of a branch: the facts that hints of driver changes are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuenv.resolve.problem import Problem


def ways_to_get(problem: Problem, branch: int) -> dict[str, str | None]:
    """Name Ubuntu's and Debian's package of a branch, or what opens NVIDIA's page where the driver is Windows' own."""
    platform = problem.target.platform
    if platform.driver_system == "windows":
        return {"apt": None, "opener": "explorer.exe" if platform.is_wsl else "start"}
    is_open = any(row.open_kernel_module_only for row in problem.architectures.values())
    return {"apt": f"nvidia-driver-{branch}-open" if is_open else f"nvidia-driver-{branch}", "opener": None}
