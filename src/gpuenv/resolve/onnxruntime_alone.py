"""Resolves ONNX Runtime without torch: wheels of NVIDIA bring the CUDA and cuDNN libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Resolution
from gpuenv.resolve.floor import required_driver, runtime_driver
from gpuenv.resolve.notes import onnxruntime_notes
from gpuenv.resolve.onnxruntime import (
    PROJECT,
    installed_runtime,
    onnxruntime_coverage,
    onnxruntime_fit,
    pin_of,
    runtime_rejections,
    runtimes_for,
)
from gpuenv.resolve.onnxruntime_conflict import runtime_conflict
from gpuenv.resolve.problem import with_driver

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.models.resolution import Conflict
    from gpuenv.resolve.problem import Problem

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
        return runtime_conflict(problem)
    kept = installed_runtime(problem, builds)
    best = kept or builds[0]
    coverage = tuple(
        served for gpu in problem.target.gpus if (served := onnxruntime_coverage(problem, best, gpu)) is not None
    )
    pin = pin_of(problem, best, is_alone=True)
    constraints = tuple(cudnn_constraints(problem, best.cuda.major))
    return Resolution(
        torch=None,
        pins=(pin,),
        coverage=coverage,
        driver_fit=onnxruntime_fit(problem, best),
        minimum_driver=required_driver(problem, best.cuda, coverage),
        cudnn=None,
        constraints=constraints,
        libraries=_libraries(best, constraints) if kept is not None or not best.extras else (),
        excluded=("onnxruntime",),
        kept=(PROJECT,) if kept is not None else (),
        rejected=() if kept is not None else runtime_rejections(problem, pin, None),
        notes=(*onnxruntime_notes(problem, best), *(() if kept is not None else _newer(problem, best))),
    )


def cudnn_constraints(problem: Problem, cuda_major: int) -> Iterator[str]:
    """Keep the engine from a cuDNN that dropped a GPU of the target: 9.11 serves nothing below 7.5."""
    last = min(
        (row.maximum_cudnn for row in problem.architectures.values() if row.maximum_cudnn is not None), default=None
    )
    if last is not None:
        yield f"nvidia-cudnn-cu{cuda_major}<{last.major}.{last.minor + 1}"


def _libraries(build: OnnxRuntimeBuild, constraints: Iterable[str]) -> tuple[str, ...]:
    """Name the wheels that bring its libraries; what stays is asked for them too, since they may have gone."""
    limits = {limit.name: limit for limit in map(Requirement, constraints)}
    named = map(Requirement, _LIBRARIES.get(build.cuda.major, ()))
    return tuple(
        f"{wanted.name}{wanted.specifier & limits[wanted.name].specifier}" if wanted.name in limits else str(wanted)
        for wanted in named
    )


def _newer(problem: Problem, best: OnnxRuntimeBuild) -> Iterator[Notice]:
    """Say which newer build a newer driver would allow."""
    driver = problem.target.driver
    unlimited = runtimes_for(problem.ignoring("driver"))
    if driver is None or unlimited[0].version <= best.version:
        return
    needs = runtime_driver(problem, unlimited[0])
    if needs is not None:
        then = next(iter(runtimes_for(with_driver(problem, needs))), unlimited[0])
        yield Notice.of(
            "newer-with-driver", build=then.label, needs=str(needs), driver=str(driver.version or driver.cuda_version)
        )
