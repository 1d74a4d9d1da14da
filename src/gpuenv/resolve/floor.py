"""The oldest driver that runs a choice on the target's GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.resolve.onnxruntime import PROJECT, onnxruntime_coverage, runtimes_of
from gpuenv.rules.driver import minimum_driver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.models.cuda import CudaVersion, DriverVersion
    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.models.resolution import Coverage
    from gpuenv.resolve.judgement import Judgement
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


def driver_for(problem: Problem, judged: Judgement) -> DriverVersion | None:
    """Name the oldest driver for a build of torch and for the ONNX Runtime beside it."""
    needs = [required_driver(problem, judged.candidate.build.cuda, judged.coverage)]
    runtime = next((pin for pin in judged.companions if pin.project == PROJECT), None)
    if runtime is not None:
        build = next(build for build in runtimes_of(problem) if build.version == runtime.version)
        needs.append(runtime_driver(problem, build))
    return max((driver for driver in needs if driver is not None), default=None)


def runtime_driver(problem: Problem, build: OnnxRuntimeBuild) -> DriverVersion | None:
    """Name the oldest driver for a build of ONNX Runtime."""
    unlimited = problem.ignoring("driver")
    coverage = (onnxruntime_coverage(unlimited, build, gpu) for gpu in problem.target.gpus)
    return required_driver(problem, build.cuda, [served for served in coverage if served is not None])
