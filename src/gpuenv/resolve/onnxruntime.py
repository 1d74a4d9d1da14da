"""Chooses the onnxruntime-gpu build: of torch's CUDA major, for these GPUs, this Python, this platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.index import Source, SourceKind
from gpuenv.models.resolution import Coverage, Pin
from gpuenv.resolve.refusal import Refusal
from gpuenv.rules.coverage import best_ptx, best_sass
from gpuenv.rules.driver import fit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.cuda import ComputeCapability
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.models.resolution import Candidate, DriverFit
    from gpuenv.resolve.problem import Problem

PROJECT = "onnxruntime-gpu"


def runtimes_for(problem: Problem) -> tuple[OnnxRuntimeBuild, ...]:
    """List the builds that serve every GPU of the target, its driver, Python, platform and the request, newest first.

    Empty where ONNX Runtime was not asked for.
    """
    if problem.request.requirement(PROJECT) is None or problem.target.is_cpu or "onnxruntime" in problem.ignored:
        return ()
    builds = problem.tables.onnxruntime.get(problem.target.platform.name, ())
    return tuple(build for build in builds if _serves(problem, build))


def onnxruntime_pin(
    problem: Problem, candidate: Candidate, runtimes: Sequence[OnnxRuntimeBuild]
) -> Pin | Refusal | None:
    """Choose the newest build that goes with a candidate of torch; None where it was not asked for.

    torch brings the CUDA and cuDNN libraries of its majors as wheels, so no extras are needed beside it (rule 6).
    """
    if problem.request.requirement(PROJECT) is None or "onnxruntime" in problem.ignored:
        return None
    if problem.target.is_cpu:
        return Refusal(code="onnxruntime-gpu-on-cpu-target", project=PROJECT)
    agreeing = [build for build in runtimes if _agrees(build, candidate)]
    if not agreeing:
        return Refusal(code="no-onnxruntime-for-cuda-major", project=PROJECT)
    return pin_of(installed_runtime(problem, agreeing) or agreeing[0], with_extras=False)


def installed_runtime(problem: Problem, builds: Sequence[OnnxRuntimeBuild]) -> OnnxRuntimeBuild | None:
    """Find the installed build among those that would do: what works stays (rule 9)."""
    found = problem.environment.installed(PROJECT) if problem.environment is not None else None
    if found is None or found.problems or problem.request.upgrade:
        return None
    return next((build for build in builds if str(build.version) == found.version.public), None)


def _agrees(build: OnnxRuntimeBuild, candidate: Candidate) -> bool:
    """Whether both are of one CUDA major and of one cuDNN major: cuDNN 8 and 9 do not take each other's place."""
    cuda, cudnn = candidate.build.cuda, candidate.build.cudnn
    if cuda is None or build.cuda.major != cuda.major:
        return False
    return cudnn is None or cudnn.major == build.cudnn_major


def _serves(problem: Problem, build: OnnxRuntimeBuild) -> bool:
    target = problem.target
    requirement = problem.request.requirement(PROJECT)
    by_others = problem.installed_specifiers.get(PROJECT)
    is_admitted = (
        requirement is None
        or "requirements" in problem.ignored
        or requirement.specifier.contains(build.version, prereleases=True)
    ) and (by_others is None or "installed" in problem.ignored or by_others.contains(build.version, prereleases=True))
    return (
        is_admitted
        and ("python" in problem.ignored or _has_wheels_for(problem, build))
        and onnxruntime_fit(problem, build) is not None
        and all(onnxruntime_coverage(problem, build, gpu) is not None for gpu in target.gpus)
    )


def _has_wheels_for(problem: Problem, build: OnnxRuntimeBuild) -> bool:
    """The matrix lists wheels of the usual CPython only."""
    python = problem.target.python
    return not python.free_threaded and build.python_min <= python <= build.python_max


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
    """PTX counts only with a driver that speaks the build's CUDA, and a cuDNN that knows the GPU (rule 3)."""
    cubin = best_sass(build.sass, capability, build_cuda=build.cuda)
    if cubin is not None:
        return Coverage(gpu=gpu, kind="sass", via=cubin)
    ptx = best_ptx(build.sass, build.ptx, capability)
    spoken = problem.driver_cuda
    if ptx is None or (spoken is not None and spoken < build.cuda):
        return None
    row = problem.architectures.get(capability)
    if row is not None and row.minimum_cudnn is not None and row.minimum_cudnn.major > build.cudnn_major:
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
