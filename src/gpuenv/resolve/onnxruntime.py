"""Chooses the onnxruntime-gpu build: of torch's CUDA major, for these GPUs, this Python, this platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.index import Source, SourceKind
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Coverage, DriverFit, Pin
from gpuenv.rules.coverage import best_ptx, best_sass
from gpuenv.rules.driver import fit_of

if TYPE_CHECKING:
    from gpuenv.models.cuda import ComputeCapability
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.models.resolution import Candidate
    from gpuenv.resolve.problem import Problem

PROJECT = "onnxruntime-gpu"


def onnxruntime_pin(problem: Problem, candidate: Candidate) -> Pin | Notice | None:
    """Choose the newest build that goes with a candidate of torch; None where it was not asked for.

    torch brings the CUDA and cuDNN libraries of its major as wheels, so no extras are needed beside it (rule 6).
    """
    if problem.request.requirement(PROJECT) is None or "onnxruntime" in problem.ignored:
        return None
    if problem.target.is_cpu:
        return Notice.of("onnxruntime-gpu-on-cpu-target")
    cuda = candidate.build.cuda
    builds = [build for build in serving_builds(problem) if cuda is not None and build.cuda.major == cuda.major]
    if not builds:
        return Notice.of("no-onnxruntime-for-cuda-major", build=candidate.build.label, cuda=str(cuda))
    return pin_of(max(builds, key=lambda build: build.version), with_extras=False)


def serving_builds(problem: Problem) -> list[OnnxRuntimeBuild]:
    """List the builds that serve every GPU of the target, its driver, Python, platform and the request."""
    return [build for build in problem.matrix.onnxruntime if _serves(problem, build)]


def _serves(problem: Problem, build: OnnxRuntimeBuild) -> bool:
    target = problem.target
    requirement = problem.request.requirement(PROJECT)
    is_admitted = (
        requirement is None
        or "requirements" in problem.ignored
        or requirement.specifier.contains(build.version, prereleases=True)
    )
    is_for_python = "python" in problem.ignored or build.python_min <= target.python <= build.python_max
    return (
        build.platform == target.platform.name
        and is_admitted
        and is_for_python
        and onnxruntime_fit(problem, build) is not None
        and all(onnxruntime_coverage(problem, build, gpu) is not None for gpu in target.gpus)
    )


def onnxruntime_fit(problem: Problem, build: OnnxRuntimeBuild) -> DriverFit | None:
    """Tell how a build fits the target's driver."""
    return fit_of(build.cuda, problem.driver)


def onnxruntime_coverage(problem: Problem, build: OnnxRuntimeBuild, gpu: Gpu) -> Coverage | None:
    """Judge a build for one GPU; None where it has no code that runs there."""
    served = [_capability_coverage(problem, build, gpu, capability) for capability in gpu.capabilities]
    if not served or None in served:
        return None
    return next((found for found in served if found and found.kind == "ptx"), served[0])


def _capability_coverage(
    problem: Problem, build: OnnxRuntimeBuild, gpu: Gpu, capability: ComputeCapability
) -> Coverage | None:
    cubin = best_sass(build.sass, capability, build_cuda=build.cuda)
    if cubin is not None:
        return Coverage(gpu=gpu, kind="sass", via=cubin)
    ptx = best_ptx(build.sass, build.ptx, capability)
    spoken = problem.driver_cuda
    if ptx is None or (spoken is not None and spoken < build.cuda):
        return None
    return Coverage(gpu=gpu, kind="ptx", via=ptx)


def pin_of(build: OnnxRuntimeBuild, *, with_extras: bool) -> Pin:
    """Pin a build; with its extras where nothing else brings its CUDA and cuDNN libraries."""
    return Pin(
        project=PROJECT,
        version=build.version,
        tag=build.cuda.tag,
        source=Source(kind=SourceKind.PYPI),
        evidence=build.provenance.evidence,
        extras=build.extras if with_extras else (),
    )
