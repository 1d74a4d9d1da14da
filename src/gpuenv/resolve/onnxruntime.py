"""Chooses the onnxruntime-gpu build: of torch's CUDA major, for these GPUs, this Python, this platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.models.index import Source, SourceKind
from gpuenv.models.resolution import Coverage, Pin, Rejection, RuntimeCandidate
from gpuenv.resolve.installed import moves
from gpuenv.resolve.refusal import Refusal, notice_of
from gpuenv.rules.driver import fit_of
from gpuenv.rules.wheel_tags import glibc_suffices

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.models.resolution import Candidate, DriverFit
    from gpuenv.resolve.problem import Problem

PROJECT = "onnxruntime-gpu"
LIBRARY_EXTRAS = frozenset({"cuda", "cudnn"})
"""The extras that bring CUDA and cuDNN."""
_FIRST_WITHOUT_CURAND = Version("2.15")
"""The first torch for Linux that requires no cuRAND any more (PyPI metadata of 2.14.1 and 2.15.0, 2026-11-21), while
libonnxruntime_providers_cuda.so goes on to load libcurand.so.10 (read from 1.31.1)."""
_CURAND = {12: "nvidia-curand-cu12~=10.0", 13: "nvidia-curand~=10.0"}
"""By CUDA major."""


def runtimes_for(problem: Problem) -> tuple[OnnxRuntimeBuild, ...]:
    """List the builds that serve every GPU of the target, its driver, Python, platform and the request, newest first.

    Empty where ONNX Runtime was not asked for.
    """
    if problem.request.requirement(PROJECT) is None or problem.target.is_cpu or "onnxruntime" in problem.ignored:
        return ()
    return tuple(build for build in runtimes_of(problem) if runtime_refusal(problem, build) is None)


def runtimes_of(problem: Problem) -> tuple[OnnxRuntimeBuild, ...]:
    """List the builds for the target's platform, newest first."""
    return problem.tables.onnxruntime.get(problem.target.platform.name, ())


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
    return pin_of(problem, installed_runtime(problem, agreeing) or agreeing[0], is_alone=False)


def libraries_beside(candidate: Candidate, pins: Iterable[Pin], platform: str) -> tuple[str, ...]:
    """Name the wheels with libraries that ONNX Runtime loads and this torch does not bring."""
    build = candidate.build
    has_runtime = any(pin.project == PROJECT for pin in pins)
    if not has_runtime or not platform.startswith("linux") or build.version < _FIRST_WITHOUT_CURAND:
        return ()
    curand = _CURAND.get(build.cuda.major) if build.cuda is not None else None
    return (curand,) if curand is not None else ()


def installed_runtime(problem: Problem, builds: Sequence[OnnxRuntimeBuild]) -> OnnxRuntimeBuild | None:
    """Find the installed build among those that would do: what works stays (rule 9)."""
    found = problem.environment.installed(PROJECT) if problem.environment is not None else None
    if found is None or found.problems or moves(problem, PROJECT):
        return None
    alike = [build for build in builds if build.version.public == found.version.public]
    return next((build for build in alike if build.version == found.version), None) or next(
        (build for build in alike if build.version.local is None), None
    )


def _agrees(build: OnnxRuntimeBuild, candidate: Candidate) -> bool:
    """Whether both are of one CUDA major and of one cuDNN major: cuDNN 8 and 9 do not take each other's place."""
    cuda, cudnn = candidate.build.cuda, candidate.build.cudnn
    if cuda is None or build.cuda.major != cuda.major:
        return False
    return cudnn is None or cudnn.major == build.cudnn_major


def runtime_refusal(problem: Problem, build: OnnxRuntimeBuild) -> Refusal | None:
    """Put a build to the requirements, to Python and glibc, and to rules 1 to 4; the first that it fails refuses it."""
    target = problem.target
    excluded = _excluding(problem, build)
    if excluded is not None:
        return Refusal(code="requirement-excludes", project=PROJECT, requirement=excluded)
    if "python" not in problem.ignored and not _has_wheels_for(problem, build):
        return Refusal(code="no-wheel-for-python")
    if "glibc" not in problem.ignored and not glibc_suffices(build.glibc, problem.glibc):
        return Refusal(code="glibc-too-old")
    for gpu in target.gpus:
        code = _gpu_refusal(problem, build, gpu)
        if code is not None:
            return Refusal(code=code, gpu=gpu)
    if onnxruntime_fit(problem, build) is None:
        return Refusal(code="driver-too-old")
    return None


def runtime_rejections(problem: Problem, chosen: Pin, torch: Candidate | None) -> tuple[Rejection, ...]:
    """Tell why not the newer builds: each by itself, or since torch's CUDA or cuDNN is of another major."""
    newer = [build for build in runtimes_of(problem) if build.version > chosen.version]
    found = []
    for build in newer:
        refusal = runtime_refusal(problem, build)
        if refusal is None and torch is not None and not _agrees(build, torch):
            refusal = Refusal(code="other-major-than-torch", requirement=torch.build.label)
        if refusal is not None:
            candidate = RuntimeCandidate(build=build, source=chosen.source)
            found.append(Rejection(candidate=candidate, reason=notice_of(problem, candidate, refusal)))
    return tuple(found)


def _excluding(problem: Problem, build: OnnxRuntimeBuild) -> str | None:
    """Name the requirement that does not admit a build: what was asked for, or what other packages require."""
    asked = problem.request.requirement(PROJECT)
    if (
        asked is not None
        and "requirements" not in problem.ignored
        and not asked.specifier.contains(build.version, prereleases=True)
    ):
        return str(asked)
    by_others = problem.installed_specifiers.get(PROJECT)
    if (
        by_others is not None
        and "installed" not in problem.ignored
        and not by_others.contains(build.version, prereleases=True)
    ):
        return f"{PROJECT}{by_others}"
    return None


def _has_wheels_for(problem: Problem, build: OnnxRuntimeBuild) -> bool:
    """The matrix lists wheels of the usual CPython only."""
    python = problem.target.python
    return not python.free_threaded and build.python_min <= python <= build.python_max


def onnxruntime_fit(problem: Problem, build: OnnxRuntimeBuild) -> DriverFit | None:
    """Tell how a build fits the target's driver."""
    return fit_of(build.cuda, problem.driver)


def onnxruntime_coverage(problem: Problem, build: OnnxRuntimeBuild, gpu: Gpu) -> Coverage | None:
    """Judge a build for one GPU; None where it has no code that runs there."""
    found = [problem.tables.runtime_coverage(build, capability, problem.driver_cuda) for capability in gpu.capabilities]
    if not found or any(one.refusal is not None for one in found):
        return None
    worst = next((one for one in found if one.kind == "ptx"), found[0])
    return Coverage(gpu=gpu, kind=worst.kind, via=worst.via)


def _gpu_refusal(problem: Problem, build: OnnxRuntimeBuild, gpu: Gpu) -> str | None:
    for capability in gpu.capabilities:
        found = problem.tables.runtime_coverage(build, capability, problem.driver_cuda)
        if found.refusal is not None:
            return found.refusal
    return None if gpu.capabilities else "gpu-capability-unknown"


def pin_of(problem: Problem, build: OnnxRuntimeBuild, *, is_alone: bool) -> Pin:
    """Pin a build with the extras that were asked for; alone with those that bring its CUDA and cuDNN libraries.

    Of the two that bring libraries only those that can be resolved: `cuda` of 1.27.0 names wheels that do not exist.
    """
    asked = problem.request.requirement(PROJECT)
    wanted = set(asked.extras if asked is not None else ()) - (LIBRARY_EXTRAS - set(build.extras))
    return Pin(
        project=PROJECT,
        version=build.version,
        tag=build.cuda.tag,
        source=Source(kind=SourceKind.PYPI),
        evidence=build.provenance.evidence,
        extras=tuple(sorted(wanted | set(build.extras if is_alone else ()))),
    )
