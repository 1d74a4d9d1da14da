"""Judges one candidate by the rules: how it serves the target, or the test that it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.resolution import Coverage
from gpuenv.models.value import dataclass
from gpuenv.resolve.companions import companion_pins
from gpuenv.resolve.generators import refused_generator
from gpuenv.resolve.listing import installable, page, torch_versions
from gpuenv.resolve.onnxruntime import onnxruntime_pin
from gpuenv.resolve.refusal import Refusal
from gpuenv.rules.driver import fit_of
from gpuenv.rules.wheel_tags import glibc_suffices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import OnnxRuntimeBuild, TorchBuild
    from gpuenv.models.platform import PythonVersion
    from gpuenv.models.resolution import Candidate, DriverFit, Pin
    from gpuenv.resolve.problem import Problem

_NOT_ON_INDEX: Final = Refusal(code="wheel-not-on-index")
_NO_WHEEL_FOR_PYTHON: Final = Refusal(code="no-wheel-for-python")
_GLIBC_TOO_OLD: Final = Refusal(code="glibc-too-old")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A candidate that serves the target, with what goes along with it."""

    candidate: Candidate
    coverage: tuple[Coverage, ...]
    fit: DriverFit | None
    """None for CPU."""
    companions: tuple[Pin, ...]
    missing: tuple[str, ...]
    """Optional projects that its source has no pair for."""
    refused_generator: CudaVersion | None = None
    """CUDA version of its code generator, if the driver refuses what that makes (rule 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How a build serves the GPUs and the driver, whatever source it comes from."""

    coverage: tuple[Coverage, ...]
    fit: DriverFit | None
    """None for CPU."""


def serve(problem: Problem, build: TorchBuild) -> Service | Refusal:
    """Put a build that the requirements admit to rules 1 to 4; the first that it fails refuses it."""
    if problem.target.is_cpu:
        return Service(coverage=(), fit=None)
    coverage = []
    for gpu in problem.target.gpus:
        found = _gpu_coverage(problem, build, gpu)
        if isinstance(found, Refusal):
            return found
        coverage.append(found)
    fit = None if build.cuda is None else fit_of(build.cuda, problem.driver)
    if fit is None:
        return Refusal(code="driver-too-old")
    return Service(coverage=tuple(coverage), fit=fit)


def judge(
    problem: Problem, candidate: Candidate, service: Service, runtimes: Sequence[OnnxRuntimeBuild]
) -> Judgement | Refusal:
    """Ask for wheels and for the rest of the family, which depend on the source.

    `runtimes` are the builds of ONNX Runtime that serve the target, newest first.
    """
    refusal = _wheels_refuse(problem, candidate)
    if refusal is not None:
        return refusal
    companions = companion_pins(problem, candidate)
    if isinstance(companions, Refusal):
        return companions
    pins, missing = companions
    runtime = onnxruntime_pin(problem, candidate, runtimes)
    if isinstance(runtime, Refusal):
        return runtime
    return Judgement(
        candidate=candidate,
        coverage=service.coverage,
        fit=service.fit,
        companions=(*pins, *((runtime,) if runtime is not None else ())),
        missing=missing,
        refused_generator=refused_generator(problem, candidate.build),
    )


def _gpu_coverage(problem: Problem, build: TorchBuild, gpu: Gpu) -> Coverage | Refusal:
    """Judge a build for one GPU; where its name leaves two capabilities open, both have to be served."""
    served: Coverage | None = None
    for capability in gpu.capabilities:
        found = problem.tables.coverage(build, capability, problem.driver_cuda)
        if found.refusal is not None:
            return Refusal(code=found.refusal, gpu=gpu)
        if served is None or found.kind == "ptx":
            served = Coverage(gpu=gpu, kind=found.kind, via=found.via)
    return served or Refusal(code="gpu-capability-unknown", gpu=gpu)


def _wheels_refuse(problem: Problem, candidate: Candidate) -> Refusal | None:
    """By the index page where it was read, which also tells of missing and yanked wheels; else by the matrix.

    The tags of a page's wheels tell of Python and of glibc at once; without a page each is asked about on its own.
    """
    build, target, ignored = candidate.build, problem.target, problem.ignored
    listed = page(problem, candidate.source, build.tag, "torch") if problem.pages else None
    is_new_enough = "glibc" in ignored or glibc_suffices(build.glibc, problem.glibc)
    if listed is not None and not ignored & {"python", "glibc"}:
        if any(installable(problem, listed, version) is not None for version in torch_versions(candidate)):
            return None
        return _NOT_ON_INDEX if is_new_enough else _GLIBC_TOO_OLD
    if "python" not in ignored and not has_wheels_for(build, target.python):
        return _NO_WHEEL_FOR_PYTHON
    return None if is_new_enough else _GLIBC_TOO_OLD


def has_wheels_for(build: TorchBuild, python: PythonVersion) -> bool:
    """Whether the matrix knows wheels of a build for a Python; free-threaded ones are listed one by one."""
    if python.free_threaded:
        return python in build.free_threaded
    return build.python_min <= python <= build.python_max
