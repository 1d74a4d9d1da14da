"""Rule 4, the code generators that a build brings: whether the driver loads what torch.compile makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.matrix import TorchBuild
    from gpuenv.resolve.problem import Problem


def refused_generator(problem: Problem, build: TorchBuild) -> CudaVersion | None:
    """Name the CUDA version of a build's generator if the driver refuses its code: it is of a newer major.

    None where it loads, where no driver was stated, and where the matrix does not know the generator.
    """
    spoken = problem.driver_cuda
    if spoken is None:
        return None
    made_with = (
        problem.tables.generator(build, capability) for gpu in problem.target.gpus for capability in gpu.capabilities
    )
    return max((cuda for cuda in made_with if cuda is not None and cuda.major > spoken.major), default=None)
