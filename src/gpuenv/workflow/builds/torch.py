"""Conducts `gpuenv build torch==VERSION --print`: the script for the target, with the CUDA that serves it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from gpuenv.build.torch_script import TorchSource, write_script
from gpuenv.errors import GpuenvError, UsageError
from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.project.folders import matrix_cache
from gpuenv.rules.driver import driver_branch, driver_fit, gpu_driver_ceiling, gpu_driver_floor, minimum_driver
from gpuenv.workflow.inputs import python_of
from gpuenv.workflow.target import choose_target

if TYPE_CHECKING:
    from gpuenv.errors import ContextValue
    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.matrix import ArchitectureRow, CompatibilityMatrix
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.options import Options

_NEWEST_STANDARD: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchScript:
    """The script, and what may be wrong with it."""

    text: str
    notes: tuple[Notice, ...] = ()


def torch_script(text: str, options: Options, surroundings: Surroundings) -> TorchScript | Conflict:
    """Write the script for a version of torch and the target.

    Raises the usage errors `print-is-for-torch`, `script-needs-gpu` and `script-is-for-linux`; `no-cuda-for-gpus`
    where no toolkit compiles for all of them, `script-needs-driver` and `script-needs-two-drivers`.
    """
    version = _version(text)
    matrix = load_matrix(options.matrix, cwd=surroundings.cwd, cache=matrix_cache(surroundings))
    python = python_of(options, None, surroundings)
    chosen = choose_target(options, surroundings, python=python, gpu_models=lambda: matrix.gpus)
    if isinstance(chosen, Conflict):
        return chosen
    target = chosen.target
    if not target.gpus:
        command = shlex.join(["gpuenv", "install", f"torch=={version}", "--target", "cpu"])
        raise UsageError("script-needs-gpu", target=options.target, torch=str(version), command=command)
    if not target.platform.name.startswith("linux"):
        raise UsageError("script-is-for-linux", platform=target.platform.name)
    known = _known(version, matrix)
    cuda = _cuda(version, known, target, matrix, options)
    standards = [build.cxx_standard for build in matrix.torch if build.version == known and build.cxx_standard]
    script = write_script(
        TorchSource(
            version=version,
            cuda=cuda,
            capabilities=tuple(sorted({found for gpu in target.gpus for found in gpu.capabilities})),
            python=python,
            cxx_standard=max(standards, default=_NEWEST_STANDARD),
        )
    )
    notes = chosen.notes
    if known != version:
        typo, meant = text, f"torch=={known}"
        facts: dict[str, ContextValue] = {"torch": str(version), "known": str(known), "matrix": matrix.version}
        facts |= options.typed.facts if options.typed is not None else {}
        notes += (Notice.of("torch-version-not-known", **facts, typo=typo, meant=meant),)
    return TorchScript(text=script, notes=notes)


def _version(text: str) -> Version:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise UsageError("print-is-for-torch", sources=(text,)) from error
    exact = [specifier.version for specifier in requirement.specifier if specifier.operator in {"==", "==="}]
    if requirement.name != "torch" or len(exact) != 1 or "*" in exact[0]:
        raise UsageError("print-is-for-torch", sources=(text,))
    return Version(Version(exact[0]).public)


def _known(version: Version, matrix: CompatibilityMatrix) -> Version:
    """Find the release that a version stands beside: itself, else the last before it, else the first of all."""
    releases = sorted({build.version for build in matrix.torch if not build.is_nightly})
    before = [release for release in releases if release <= version]
    return before[-1] if before else releases[0]


def _cuda(
    version: Version, known: Version, target: Target, matrix: CompatibilityMatrix, options: Options
) -> CudaVersion:
    """Choose the newest CUDA that the known torch is released with, the driver loads, and nvcc has the GPUs in."""
    labels = tuple(gpu.label for gpu in target.gpus)
    fitting = _fitting(known, replace(target, driver=None), matrix)
    if not fitting:
        others = sorted({build.version for build in matrix.torch if not build.is_nightly}, reverse=True)
        nearest = next((other for other in others if _fitting(other, target, matrix)), None)
        raise GpuenvError(
            "no-cuda-for-gpus",
            torch=str(version),
            gpus=labels,
            nearest=str(nearest) if nearest is not None else None,
            target=shlex.quote(options.target),
            alone=_alone(target, options) if nearest is None else None,
        )
    loaded = _fitting(known, target, matrix)
    needed = _needed_driver(fitting, target, matrix, options)
    if not loaded or needed is not None:
        release = min(fitting)
        rows = _rows(target, matrix)
        least = needed or str(minimum_driver(release, target.platform, matrix.cuda, rows=rows, is_ptx=False))
        stated = str(target.driver.version or target.driver.cuda_version) if target.driver is not None else ""
        raise GpuenvError("script-needs-driver", torch=str(version), gpus=labels, driver=stated, needed=least)
    return max(loaded)


def _alone(target: Target, options: Options) -> str | None:
    """Name the newest of several GPUs as the user did: no CUDA compiles for all of them."""
    named = options.target.split(",")
    if len(named) != len(target.gpus) or len(named) == 1:
        return None
    newest = max(range(len(named)), key=lambda place: target.gpus[place].capabilities)
    return named[newest].strip()


def _fitting(version: Version, target: Target, matrix: CompatibilityMatrix) -> list[CudaVersion]:
    """List the CUDA versions of a release that the driver loads and that compile for every GPU."""
    rows = _rows(target, matrix)
    return [
        cuda
        for cuda in {build.cuda for build in matrix.torch if build.version == version and build.cuda is not None}
        if driver_fit(cuda, target.driver, target.platform, matrix.cuda) is not None
        and all(row.minimum_cuda <= cuda and (row.maximum_cuda is None or cuda <= row.maximum_cuda) for row in rows)
    ]


def _needed_driver(
    fitting: list[CudaVersion], target: Target, matrix: CompatibilityMatrix, options: Options
) -> str | None:
    """Name a driver that drives the GPUs, where the target's is too old or too new for them; None where it does."""
    if target.driver is None or target.driver.version is None:
        return None
    rows = _rows(target, matrix)
    branch = driver_branch(target.driver.version, target.platform, matrix.cuda)
    floor, ceiling = gpu_driver_floor(rows), gpu_driver_ceiling(rows)
    if floor is not None and ceiling is not None and floor > ceiling:
        labels = tuple(gpu.label for gpu in target.gpus)
        alone = _alone(target, options)
        raise GpuenvError("script-needs-two-drivers", gpus=labels, oldest=floor, newest=ceiling, alone=alone)
    if floor is not None and branch < floor:
        return str(minimum_driver(min(fitting), target.platform, matrix.cuda, rows=rows, is_ptx=False))
    return str(ceiling) if ceiling is not None and branch > ceiling else None


def _rows(target: Target, matrix: CompatibilityMatrix) -> list[ArchitectureRow]:
    found = (matrix.architecture(capability) for gpu in target.gpus for capability in gpu.capabilities)
    return [row for row in found if row is not None]
