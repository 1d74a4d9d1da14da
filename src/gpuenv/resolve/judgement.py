"""Judges one candidate by the rules: how it serves the target, or the test that it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.models.resolution import Coverage
from gpuenv.resolve.companions import companion_pins
from gpuenv.resolve.generators import refused_generator
from gpuenv.resolve.listing import installable, page, torch_versions
from gpuenv.resolve.onnxruntime import onnxruntime_pin
from gpuenv.resolve.refusal import Refusal
from gpuenv.rules.driver import fit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.specifiers import SpecifierSet

    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import OnnxRuntimeBuild, TorchBuild
    from gpuenv.models.platform import PythonVersion
    from gpuenv.models.resolution import Candidate, DriverFit, Pin
    from gpuenv.resolve.problem import Problem


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


def judge(problem: Problem, candidate: Candidate, runtimes: Sequence[OnnxRuntimeBuild]) -> Judgement | Refusal:
    """Put a candidate that the requirements admit to every test in order; the first that it fails refuses it.

    `runtimes` are the builds of ONNX Runtime that serve the target, newest first.
    """
    coverage: tuple[Coverage, ...] = ()
    fit: DriverFit | None = None
    if not problem.target.is_cpu:
        served = _cover(problem, candidate.build)
        if isinstance(served, Refusal):
            return served
        coverage = served
        fit = None if candidate.build.cuda is None else fit_of(candidate.build.cuda, problem.driver)
        if fit is None:
            return Refusal(code="driver-too-old")
    refusal = _python_refuses(problem, candidate)
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
        coverage=coverage,
        fit=fit,
        companions=(*pins, *((runtime,) if runtime is not None else ())),
        missing=missing,
        refused_generator=refused_generator(problem, candidate.build),
    )


def requirement_against(problem: Problem, build: TorchBuild) -> Refusal | None:
    """Find the requirement, asked for or of an installed package, that does not admit a build."""
    for requirement, specifier in _specifiers(problem):
        if not allows(specifier, build.version, build.tag):
            return Refusal(code="requirement-excludes", project="torch", requirement=requirement)
    return None


def is_by_version(problem: Problem) -> bool:
    """Whether requirements tell versions apart but not builds: no `+cu128` in any of them."""
    return not any("+" in str(specifier) for _, specifier in _specifiers(problem))


def _specifiers(problem: Problem) -> Iterator[tuple[str, SpecifierSet]]:
    """List what is required of torch and by whom."""
    asked = problem.request.requirement("torch")
    if asked is not None and asked.specifier and "requirements" not in problem.ignored:
        yield str(asked), asked.specifier
    by_others = problem.installed_specifiers.get("torch")
    if by_others is not None and "installed" not in problem.ignored:
        yield f"torch{by_others}", by_others


def allows(specifier: SpecifierSet, version: Version, tag: str | None) -> bool:
    """Tell whether a specifier admits a build: `==2.9.1` admits 2.9.1+cu128, `==2.9.1+cu126` does not."""
    if specifier.contains(version, prereleases=True):
        return True
    local = tag.removeprefix("nightly/") if tag is not None else None
    return (
        local is not None
        and "+" in str(specifier)
        and specifier.contains(Version(f"{version}+{local}"), prereleases=True)
    )


def _cover(problem: Problem, build: TorchBuild) -> tuple[Coverage, ...] | Refusal:
    coverage = []
    for gpu in problem.target.gpus:
        found = _gpu_coverage(problem, build, gpu)
        if isinstance(found, Refusal):
            return found
        coverage.append(found)
    return tuple(coverage)


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


def _python_refuses(problem: Problem, candidate: Candidate) -> Refusal | None:
    """By the index page where it was read, which also tells of missing and yanked wheels; else by the matrix."""
    if "python" in problem.ignored:
        return None
    listed = page(problem, candidate.source, candidate.build.tag, "torch")
    if listed is None:
        is_there = has_wheels_for(candidate.build, problem.target.python)
        return None if is_there else Refusal(code="no-wheel-for-python")
    is_there = any(installable(problem, listed, version) is not None for version in torch_versions(candidate))
    return None if is_there else Refusal(code="wheel-not-on-index")


def has_wheels_for(build: TorchBuild, python: PythonVersion) -> bool:
    """Whether the matrix knows wheels of a build for a Python; free-threaded ones are listed one by one."""
    if python.free_threaded:
        return python in build.free_threaded
    return build.python_min <= python <= build.python_max
