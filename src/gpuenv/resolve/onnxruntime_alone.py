"""Resolves ONNX Runtime without torch: wheels of NVIDIA bring the CUDA and cuDNN libraries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause, Conflict, Resolution
from gpuenv.resolve.floor import required_driver
from gpuenv.resolve.notes import onnxruntime_notes
from gpuenv.resolve.onnxruntime import (
    PROJECT,
    installed_runtime,
    onnxruntime_coverage,
    onnxruntime_fit,
    pin_of,
    runtimes_for,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.resolve.problem import Limit, Problem

_LIMITS: tuple[Limit, ...] = ("requirements", "driver", "python")

_LIBRARIES = {
    11: (
        "nvidia-cuda-nvrtc-cu11",
        "nvidia-cuda-runtime-cu11",
        "nvidia-cublas-cu11",
        "nvidia-cufft-cu11",
        "nvidia-curand-cu11",
        "nvidia-cudnn-cu11<9",
    ),
    12: (
        "nvidia-cuda-nvrtc-cu12~=12.0",
        "nvidia-cuda-runtime-cu12~=12.0",
        "nvidia-cufft-cu12~=11.0",
        "nvidia-curand-cu12~=10.0",
        "nvidia-cudnn-cu12~=9.0",
    ),
    13: (
        "nvidia-cuda-nvrtc~=13.0",
        "nvidia-cuda-runtime~=13.0",
        "nvidia-cufft~=12.0",
        "nvidia-curand~=10.0",
        "nvidia-cudnn-cu13~=9.0",
    ),
}
"""By CUDA major, what the extras of 1.21.0 and 1.28.0 name (metadata of the wheels, 2026-11-21), for the builds that
have no extras or none that can be resolved (1.27.0). cuDNN 8 came as `-cu11` with its cuBLAS beside it."""


def resolve_onnxruntime(problem: Problem) -> Resolution | Conflict:
    """Keep the installed build where it serves every GPU of the target; else choose the newest that does."""
    builds = runtimes_for(problem)
    if not builds:
        return _conflict(problem)
    kept = installed_runtime(problem, builds)
    best = kept or builds[0]
    coverage = tuple(
        served for gpu in problem.target.gpus if (served := onnxruntime_coverage(problem, best, gpu)) is not None
    )
    return Resolution(
        torch=None,
        pins=(pin_of(best, with_extras=True),),
        coverage=coverage,
        driver_fit=onnxruntime_fit(problem, best),
        minimum_driver=required_driver(problem, best.cuda, coverage),
        cudnn=None,
        constraints=tuple(cudnn_constraints(problem, best.cuda.major)),
        libraries=() if best.extras else _LIBRARIES.get(best.cuda.major, ()),
        excluded=("onnxruntime",),
        kept=(PROJECT,) if kept is not None else (),
        notes=tuple(onnxruntime_notes(problem, best)),
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
        builds = runtimes_for(problem.ignoring(limit))
        if builds:
            causes.append(
                Cause(change=_change(problem, limit, builds), would_give=f"onnxruntime-gpu {builds[0].version}")
            )
    return Conflict(
        reason=Notice.of(
            "no-onnxruntime-build",
            gpus=tuple(gpu.label for gpu in target.gpus) or ("CPU",),
            python=str(target.python),
            platform=target.platform.name,
            driver=str(target.driver.version or target.driver.cuda_version) if target.driver else "?",
            matrix=problem.matrix.version,
        ),
        causes=tuple(causes) or tuple(_ways_out(problem)),
    )


def _ways_out(problem: Problem) -> Iterator[Cause]:
    """Offer some of the GPUs where no one change helps, and the CPU package."""
    target = problem.target
    for gpu in target.gpus if len(target.gpus) > 1 else ():
        builds = runtimes_for(replace(problem, target=replace(target, gpus=(gpu,))))
        if builds:
            change = Notice.of("select-gpus", gpus=(gpu.label,), target=gpu.name)
            yield Cause(change=change, would_give=f"onnxruntime-gpu {builds[0].version}")
    yield Cause(change=Notice.of("use-cpu"), would_give=None)


def _change(problem: Problem, limit: Limit, builds: tuple[OnnxRuntimeBuild, ...]) -> Notice:
    match limit:
        case "driver":
            return _update_driver(problem, builds)
        case "python":
            best = builds[0]
            return Notice.of(
                "change-python", instead=str(min(max(problem.target.python, best.python_min), best.python_max))
            )
        case _:
            return Notice.of("change-onnxruntime", instead=str(builds[0].version))


def _update_driver(problem: Problem, builds: tuple[OnnxRuntimeBuild, ...]) -> Notice:
    """Name the oldest driver that would do for any build, and the one that the newest needs."""
    unlimited = problem.ignoring("driver")
    needs = []
    for build in builds:
        coverage = [onnxruntime_coverage(unlimited, build, gpu) for gpu in problem.target.gpus]
        needs.append(required_driver(problem, build.cuda, (served for served in coverage if served is not None)))
    nearest = min((driver for driver in needs if driver is not None), default=None)
    is_linux = problem.target.platform.driver_system == "linux"
    return Notice.of(
        "update-driver",
        needs=str(nearest) if nearest else None,
        newest_needs=str(needs[0]) if needs[0] else None,
        linux=str(nearest.branch) if nearest and is_linux else None,
    )
