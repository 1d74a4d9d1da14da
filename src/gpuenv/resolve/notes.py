"""Remarks on a resolution that a person should know of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import DriverFit
from gpuenv.resolve.alternatives import newer_with_changes
from gpuenv.resolve.onnxruntime import PROJECT, onnxruntime_coverage, onnxruntime_fit, runtimes_of
from gpuenv.resolve.unlisted import unlisted_cards
from gpuenv.rules.driver import first_driver, floor_driver

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.models.resolution import Candidate
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Problem
    from gpuenv.resolve.refusal import Refusal


def notes_on(problem: Problem, best: Judgement, refused: Iterable[tuple[Candidate, Refusal]]) -> Iterator[Notice]:
    """List what is remarkable about a choice."""
    build = best.candidate.build
    if problem.target.is_cpu:
        if build.cuda is not None:
            yield Notice.of("cuda-build-on-cpu-target", build=build.label)
    else:
        yield from _gpu_notes(problem, best, refused)
    for project in best.missing:
        yield Notice.of(f"{project}-not-available", build=build.label)
    if not build.is_official:
        yield Notice.of("unofficial-build", build=build.label)
    if build.is_nightly:
        yield from _nightly_notes(best)
    yield from _runtime_notes(problem, best)


def onnxruntime_notes(problem: Problem, build: OnnxRuntimeBuild) -> Iterator[Notice]:
    """List what is remarkable about a choice of ONNX Runtime: PTX, a minor fit, what Windows needs beside it."""
    name = f"{PROJECT} {build.version}"
    for gpu in problem.target.gpus:
        served = onnxruntime_coverage(problem, build, gpu)
        if served is not None and served.kind == "ptx" and served.via is not None:
            yield Notice.of("ptx-only", build=name, gpu=gpu.label, ptx=served.via.compute)
    if onnxruntime_fit(problem, build) is DriverFit.MINOR:
        yield _minor(problem, name, build.cuda)
    if problem.target.platform.name == "windows-x86_64" and problem.target.msvc_runtime is None:
        yield Notice.of("onnxruntime-needs-msvc-runtime", build=name)


def _runtime_notes(problem: Problem, best: Judgement) -> Iterator[Notice]:
    pin = next((pin for pin in best.companions if pin.project == PROJECT), None)
    if pin is None:
        return
    build = next(build for build in runtimes_of(problem) if build.version == pin.version)
    yield from onnxruntime_notes(problem, build)


def _nightly_notes(best: Judgement) -> Iterator[Notice]:
    build = best.candidate.build
    yield Notice.of("nightly-vanishes", build=build.label, lock=f"torch=={build.version}")
    for pin in best.companions:
        if pin.version.dev is not None and pin.version.dev != build.version.dev:
            yield Notice.of("nightly-dates-differ", build=build.label, companion=f"{pin.project} {pin.version}")


def _gpu_notes(problem: Problem, best: Judgement, refused: Iterable[tuple[Candidate, Refusal]]) -> Iterator[Notice]:
    build = best.candidate.build
    for served in best.coverage:
        if served.kind == "ptx" and served.via is not None:
            yield Notice.of("ptx-only", build=build.label, gpu=served.gpu.label, ptx=served.via.compute)
    if best.fit is DriverFit.MINOR and build.cuda is not None:
        yield _minor(problem, build.label, build.cuda)
    if best.refused_generator is not None:
        release = problem.tables.cuda.get(best.refused_generator)
        needs = floor_driver(release, problem.target.platform) if release else None
        yield Notice.of(
            "torch-compile-needs-newer-driver",
            build=build.label,
            cuda=str(best.refused_generator),
            driver_cuda=str(problem.driver_cuda),
            needs=str(needs) if needs else None,
        )
    if any(capability.is_tegra for capability in problem.architectures) and problem.target.driver is None:
        yield Notice.of("jetson-needs-jetpack", gpus=tuple(gpu.label for gpu in problem.target.gpus), jetpack="7")
    yield from unlisted_cards(problem)
    last = _last_release(problem)
    if last is not None:
        yield last
    if not problem.keeps:
        yield from newer_with_changes(problem, best, {refusal.code for _, refusal in refused})


def _minor(problem: Problem, name: str, cuda: CudaVersion) -> Notice:
    release = problem.tables.cuda.get(cuda)
    direct = first_driver(release, problem.target.platform) if release else None
    return Notice.of(
        "driver-fit-minor",
        build=name,
        cuda=str(cuda),
        driver_cuda=str(problem.driver_cuda),
        direct=str(direct) if direct else None,
    )


def _last_release(problem: Problem) -> Notice | None:
    """Say that newer releases have no code for these GPUs, and which one dropped them."""
    capabilities = frozenset(capability for gpu in problem.target.gpus for capability in gpu.capabilities)
    end = problem.tables.end_of_support(problem.target.platform.name, capabilities)
    if end is None:
        return None
    last, dropped_in = end
    return Notice.of(
        "last-release-for-gpu",
        gpus=tuple(gpu.label for gpu in problem.target.gpus),
        last=str(last),
        dropped_in=str(dropped_in),
    )
