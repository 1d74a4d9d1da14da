"""Resolves ONNX Runtime without torch: its extras bring the CUDA and cuDNN libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause, Conflict, Resolution
from gpuenv.resolve.floor import required_driver
from gpuenv.resolve.onnxruntime import onnxruntime_coverage, onnxruntime_fit, pin_of, serving_builds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.resolve.problem import Limit, Problem

_LIMITS: tuple[Limit, ...] = ("requirements", "driver", "python")


def resolve_onnxruntime(problem: Problem) -> Resolution | Conflict:
    """Choose the newest build that serves every GPU of the target."""
    builds = [] if problem.target.is_cpu else serving_builds(problem)
    if not builds:
        return _conflict(problem)
    best = max(builds, key=lambda build: build.version)
    coverage = tuple(
        served for gpu in problem.target.gpus if (served := onnxruntime_coverage(problem, best, gpu)) is not None
    )
    notes = tuple(
        Notice.of("ptx-only", build=f"onnxruntime-gpu {best.version}", gpu=served.gpu.label, ptx=served.via.compute)
        for served in coverage
        if served.kind == "ptx" and served.via is not None
    )
    return Resolution(
        torch=None,
        pins=(pin_of(best, with_extras=True),),
        coverage=coverage,
        driver_fit=onnxruntime_fit(problem, best),
        minimum_driver=required_driver(problem, best.cuda, coverage),
        cudnn=None,
        constraints=tuple(cudnn_constraints(problem, best.cuda.major)),
        notes=notes,
    )


def cudnn_constraints(problem: Problem, cuda_major: int) -> Iterator[str]:
    """Keep the engine from a cuDNN that dropped a GPU of the target: 9.11 serves nothing below 7.5."""
    last = min(
        (row.maximum_cudnn for row in problem.architectures.values() if row.maximum_cudnn is not None), default=None
    )
    if last is not None:
        yield f"nvidia-cudnn-cu{cuda_major}<{last.major}.{last.minor + 1}"


def _conflict(problem: Problem) -> Conflict:
    target = problem.target
    causes = []
    for limit in _LIMITS:
        builds = [] if target.is_cpu else serving_builds(problem.ignoring(limit))
        if builds:
            best = max(builds, key=lambda build: build.version)
            causes.append(Cause(change=_change(problem, limit, best), would_give=f"onnxruntime-gpu {best.version}"))
    return Conflict(
        reason=Notice.of(
            "no-onnxruntime-build",
            gpus=tuple(gpu.label for gpu in target.gpus),
            python=str(target.python),
            platform=target.platform.name,
            driver=str(target.driver.version) if target.driver else None,
            matrix=problem.matrix.version,
        ),
        causes=tuple(causes) or (Cause(change=Notice.of("use-cpu"), would_give=None),),
    )


def _change(problem: Problem, limit: Limit, best: OnnxRuntimeBuild) -> Notice:
    match limit:
        case "driver":
            coverage = [onnxruntime_coverage(problem.ignoring("driver"), best, gpu) for gpu in problem.target.gpus]
            needs = required_driver(problem, best.cuda, (served for served in coverage if served is not None))
            is_linux = problem.target.platform.driver_system == "linux"
            return Notice.of(
                "update-driver",
                needs=str(needs),
                newest_needs=str(needs),
                linux=str(needs.branch) if needs and is_linux else None,
            )
        case "python":
            nearest = min(max(problem.target.python, best.python_min), best.python_max)
            return Notice.of("change-python", instead=str(nearest))
        case _:
            return Notice.of("change-onnxruntime", instead=str(best.version))
