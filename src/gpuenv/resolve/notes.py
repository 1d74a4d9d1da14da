"""Remarks on a resolution that a person should know of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import DriverFit
from gpuenv.resolve.floor import required_driver
from gpuenv.resolve.search import search
from gpuenv.rules.coverage import build_coverage
from gpuenv.rules.driver import first_driver, read_driver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.version import Version

    from gpuenv.models.matrix import TorchBuild
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Problem


def notes_on(problem: Problem, best: Judgement) -> Iterator[Notice]:
    """List what is remarkable about a choice."""
    build = best.candidate.build
    if problem.target.is_cpu:
        if build.cuda is not None:
            yield Notice.of("cuda-build-on-cpu-target", build=build.label)
    else:
        yield from _gpu_notes(problem, best)
    for project in best.missing:
        yield Notice.of(f"{project}-not-available", build=build.label)
    if not build.is_official:
        yield Notice.of("unofficial-build", build=build.label)


def _gpu_notes(problem: Problem, best: Judgement) -> Iterator[Notice]:
    build = best.candidate.build
    for served in best.coverage:
        if served.kind == "ptx" and served.via is not None:
            yield Notice.of("ptx-only", build=build.label, gpu=served.gpu.label, ptx=served.via.compute)
    if best.fit is DriverFit.MINOR and build.cuda is not None:
        release = problem.matrix.cuda_release(build.cuda)
        direct = first_driver(release, problem.target.platform) if release else None
        yield Notice.of(
            "driver-fit-minor",
            build=build.label,
            cuda=str(build.cuda),
            driver_cuda=str(problem.driver_cuda),
            direct=str(direct) if direct else None,
        )
    last = _last_release(problem)
    if last is not None:
        yield last
    newer = _newer_with_driver(problem, best)
    if newer is not None:
        yield newer


def _last_release(problem: Problem) -> Notice | None:
    """Say that newer releases have no code for these GPUs, and which one dropped them."""
    builds = [
        build
        for build in problem.matrix.torch
        if build.platform == problem.target.platform.name and build.cuda is not None and not build.is_nightly
    ]
    releases: list[Version] = sorted({build.version for build in builds})
    covering = {build.version for build in builds if _covers_all(problem, build)}
    last = max(covering, default=None)
    if last is None or last == releases[-1]:
        return None
    return Notice.of(
        "last-release-for-gpu",
        gpus=tuple(gpu.label for gpu in problem.target.gpus),
        last=str(last),
        dropped_in=str(releases[releases.index(last) + 1]),
    )


def _covers_all(problem: Problem, build: TorchBuild) -> bool:
    return all(
        build_coverage(build, capability, driver_cuda=None, architecture=problem.architectures.get(capability)).refusal
        is None
        for gpu in problem.target.gpus
        for capability in gpu.capabilities
    )


def _newer_with_driver(problem: Problem, best: Judgement) -> Notice | None:
    """Say which newer version a newer driver would allow, and which build of it that driver would get."""
    driver = problem.target.driver
    if driver is None or "driver" in problem.ignored:
        return None
    unlimited = search(problem.ignoring("driver")).best
    if unlimited is None or unlimited.candidate.build.version <= best.candidate.build.version:
        return None
    needs = required_driver(problem, unlimited.candidate.build.cuda, unlimited.coverage)
    if needs is None:
        return None
    renewed = replace(driver, version=needs, cuda_version=None)
    reading = read_driver(renewed, problem.target.platform, problem.matrix.cuda)
    then = search(replace(problem, driver_reading=reading)).best or unlimited
    return Notice.of(
        "newer-with-driver",
        build=then.candidate.build.label,
        needs=str(needs),
        driver=str(driver.version or driver.cuda_version),
    )
