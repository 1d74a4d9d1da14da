"""Judges one candidate by the rules: how it serves the target, or the fact that rejects it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.models.index import SourceKind
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Coverage, DriverFit
from gpuenv.resolve.companions import companion_pins
from gpuenv.resolve.listing import installable, page
from gpuenv.resolve.onnxruntime import onnxruntime_pin
from gpuenv.rules.coverage import build_coverage
from gpuenv.rules.driver import first_driver, fit_of, floor_driver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.specifiers import SpecifierSet

    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import TorchBuild
    from gpuenv.models.platform import PythonVersion
    from gpuenv.models.resolution import Candidate, Pin
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


def judge(problem: Problem, candidate: Candidate) -> Judgement | Notice:
    """Put a candidate to every test in order; the first that it fails is its rejection."""
    coverage: tuple[Coverage, ...] = ()
    fit: DriverFit | None = None
    refusal = _requirements_refuse(problem, candidate.build)
    if refusal is None and not problem.target.is_cpu:
        served = _cover(problem, candidate.build)
        if isinstance(served, Notice):
            return served
        coverage = served
        fit = _fit(problem, candidate.build)
        refusal = _driver_refuses(problem, candidate.build) if fit is None else None
    refusal = refusal or _python_refuses(problem, candidate)
    if refusal is not None:
        return refusal
    companions = companion_pins(problem, candidate)
    if isinstance(companions, Notice):
        return companions
    pins, missing = companions
    runtime = onnxruntime_pin(problem, candidate)
    if isinstance(runtime, Notice):
        return runtime
    return Judgement(
        candidate=candidate,
        coverage=coverage,
        fit=fit,
        companions=(*pins, *((runtime,) if runtime is not None else ())),
        missing=missing,
    )


def specifiers(problem: Problem, project: str) -> Iterator[tuple[str, SpecifierSet]]:
    """List what is required of a project and by whom."""
    asked = problem.request.requirement(project)
    if asked is not None and asked.specifier and "requirements" not in problem.ignored:
        yield str(asked), asked.specifier
    by_others = problem.installed_specifiers.get(project)
    if by_others is not None and "installed" not in problem.ignored:
        yield f"{project}{by_others}", by_others


def allows(specifier: SpecifierSet, version: Version, local: str | None) -> bool:
    """Tell whether a specifier admits a build: `==2.9.1` admits 2.9.1+cu128, `==2.9.1+cu126` does not."""
    if specifier.contains(version, prereleases=True):
        return True
    return (
        local is not None
        and "+" in str(specifier)
        and specifier.contains(Version(f"{version}+{local}"), prereleases=True)
    )


def gpu_coverage(problem: Problem, build: TorchBuild, gpu: Gpu) -> Coverage | Notice:
    """Judge a build for one GPU; where its name leaves two capabilities open, both have to be served."""
    served: Coverage | None = None
    for capability in gpu.capabilities:
        found = build_coverage(
            build,
            capability,
            driver_cuda=problem.driver_cuda,
            architecture=problem.architectures.get(capability),
        )
        if found.refusal is not None:
            needed = problem.matrix.cuda_release(build.cuda) if build.cuda else None
            return Notice.of(
                found.refusal,
                build=build.label,
                gpu=gpu.label,
                sass=tuple(code.sm for code in sorted(build.sass)),
                ptx=tuple(code.compute for code in sorted(build.ptx)),
                cuda=str(build.cuda),
                driver=str(problem.target.driver.version) if problem.target.driver else None,
                needs=str(first_driver(needed, problem.target.platform)) if needed else None,
                matrix=problem.matrix.version,
                evidence=build.provenance.evidence.value,
            )
        if served is None or found.kind == "ptx":
            served = Coverage(gpu=gpu, kind=found.kind, via=found.via)
    return served or Notice.of("gpu-capability-unknown", gpu=gpu.label)


def _requirements_refuse(problem: Problem, build: TorchBuild) -> Notice | None:
    for requirement, specifier in specifiers(problem, "torch"):
        if not allows(specifier, build.version, build.tag):
            return Notice.of("requirement-excludes", build=build.label, requirement=requirement)
    return None


def _cover(problem: Problem, build: TorchBuild) -> tuple[Coverage, ...] | Notice:
    coverage = []
    for gpu in problem.target.gpus:
        found = gpu_coverage(problem, build, gpu)
        if isinstance(found, Notice):
            return found
        coverage.append(found)
    return tuple(coverage)


def _fit(problem: Problem, build: TorchBuild) -> DriverFit | None:
    return None if build.cuda is None else fit_of(build.cuda, problem.driver)


def _driver_refuses(problem: Problem, build: TorchBuild) -> Notice:
    release = problem.matrix.cuda_release(build.cuda) if build.cuda else None
    driver = problem.target.driver
    return Notice.of(
        "driver-too-old",
        build=build.label,
        cuda=str(build.cuda),
        driver=str(driver.version) if driver else None,
        driver_cuda=str(problem.driver_cuda) if problem.driver_cuda else None,
        needs=str(floor_driver(release, problem.target.platform)) if release else None,
    )


def _python_refuses(problem: Problem, candidate: Candidate) -> Notice | None:
    """By the index page where it was read, which also tells of missing and yanked wheels; else by the matrix."""
    build, python = candidate.build, problem.target.python
    if "python" in problem.ignored:
        return None
    listed = page(problem, candidate.source, build.tag, "torch")
    if listed is not None:
        if _wheel_version_installable(problem, candidate):
            return None
        return Notice.of("wheel-not-on-index", build=build.label, python=str(python), index=build.tag)
    if _has_wheels_for(build, python):
        return None
    return Notice.of(
        "no-wheel-for-python",
        build=build.label,
        python=str(python),
        oldest=str(build.python_min),
        newest=str(build.python_max),
    )


def _has_wheels_for(build: TorchBuild, python: PythonVersion) -> bool:
    if python.free_threaded:
        return python in build.free_threaded
    return build.python_min <= python <= build.python_max


def _wheel_version_installable(problem: Problem, candidate: Candidate) -> bool:
    build = candidate.build
    listed = page(problem, candidate.source, build.tag, "torch")
    if listed is None:
        return False
    versions = [Version(f"{build.version}+{build.local}")] if build.local else [build.version]
    if candidate.source.kind is SourceKind.FIND_LINKS:
        versions = [Version(f"{build.version}+{build.tag}"), *([build.version] if build.on_pypi else [])]
    return any(installable(problem, listed, version) is not None for version in versions)
