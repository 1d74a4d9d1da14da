"""Conducts `gpuenv build torch==VERSION --print`: the script for the target, with the CUDA that serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from gpuenv.build.torch_script import TorchSource, write_script
from gpuenv.errors import GpuenvError, UsageError
from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.resolution import Conflict
from gpuenv.project.folders import matrix_cache
from gpuenv.rules.driver import driver_fit
from gpuenv.workflow.inputs import python_of
from gpuenv.workflow.target import choose_target

if TYPE_CHECKING:
    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.options import Options

_NEWEST_STANDARD: Final = 20


def torch_script(text: str, options: Options, surroundings: Surroundings) -> str | Conflict:
    """Write the script for a version of torch and the target.

    Raises the usage errors `print-is-for-torch`, `build-needs-gpu` and `script-is-for-linux`, and `no-cuda-for-gpus`
    where no toolkit compiles for all of them.
    """
    version = _version(text)
    matrix = load_matrix(options.matrix, cwd=surroundings.cwd, cache=matrix_cache(surroundings))
    python = python_of(options, None, surroundings)
    chosen = choose_target(options, surroundings, python=python, gpu_models=lambda: matrix.gpus)
    if isinstance(chosen, Conflict):
        return chosen
    target = chosen.target
    if not target.gpus:
        raise UsageError("build-needs-gpu", target=options.target)
    if not target.platform.name.startswith("linux"):
        raise UsageError("script-is-for-linux", platform=target.platform.name, text=text, target=options.target)
    cuda = _cuda(version, target, matrix)
    if cuda is None:
        others = sorted({build.version for build in matrix.torch}, reverse=True)
        nearest = next((other for other in others if _cuda(other, target, matrix) is not None), None)
        raise GpuenvError(
            "no-cuda-for-gpus",
            torch=str(version),
            gpus=tuple(gpu.label for gpu in target.gpus),
            nearest=str(nearest) if nearest is not None else None,
            target=options.target,
        )
    standards = [build.cxx_standard for build in matrix.torch if build.version == version and build.cxx_standard]
    return write_script(
        TorchSource(
            version=version,
            cuda=cuda,
            capabilities=tuple(sorted({found for gpu in target.gpus for found in gpu.capabilities})),
            python=python,
            cxx_standard=max(standards, default=_NEWEST_STANDARD),
        )
    )


def _version(text: str) -> Version:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise UsageError("print-is-for-torch", sources=(text,)) from error
    exact = [specifier.version for specifier in requirement.specifier if specifier.operator in {"==", "==="}]
    if requirement.name != "torch" or len(exact) != 1 or "*" in exact[0]:
        raise UsageError("print-is-for-torch", sources=(text,))
    return Version(Version(exact[0]).public)


def _cuda(version: Version, target: Target, matrix: CompatibilityMatrix) -> CudaVersion | None:
    """Choose the newest CUDA that this torch is released with, the driver loads, and nvcc has the GPUs in."""
    released = {build.cuda for build in matrix.torch if build.version == version and build.cuda is not None}
    known = released or {release.version for release in matrix.cuda}
    rows = [matrix.architecture(capability) for gpu in target.gpus for capability in gpu.capabilities]
    fitting = [
        cuda
        for cuda in known
        if driver_fit(cuda, target.driver, target.platform, matrix.cuda) is not None
        and all(
            row is None or (row.minimum_cuda <= cuda and (row.maximum_cuda is None or cuda <= row.maximum_cuda))
            for row in rows
        )
    ]
    return max(fitting, default=None)
