"""The oldest driver that runs a choice on the target's GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.rules.driver import minimum_driver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.models.cuda import CudaVersion, DriverVersion
    from gpuenv.models.resolution import Coverage
    from gpuenv.resolve.problem import Problem


def required_driver(problem: Problem, cuda: CudaVersion | None, coverage: Iterable[Coverage]) -> DriverVersion | None:
    """Name the oldest driver for a build of that CUDA version; None for CPU builds and unknown toolkits."""
    if cuda is None or problem.target.is_cpu:
        return None
    return minimum_driver(
        cuda,
        problem.target.platform,
        problem.matrix.cuda,
        rows=problem.architectures.values(),
        is_ptx=any(served.kind == "ptx" for served in coverage),
    )
