"""Conducts the matrix station for `gpuenv matrix`: finds, loads, selects rows, validates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.errors import UsageError
from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.derived import serving_torch, summarize
from gpuenv.matrix.shelf import available_matrices, find_matrix
from gpuenv.matrix.validate import validate_folder
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.matrix.derived import ArchitectureSummary
    from gpuenv.matrix.shelf import AvailableMatrix
    from gpuenv.models.matrix import CompatibilityMatrix, TorchBuild
    from gpuenv.models.notice import Notice
    from gpuenv.models.platform import PlatformName


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownArchitecture:
    """One compute capability with every torch build for a platform, told apart by whether it serves."""

    summary: ArchitectureSummary
    builds: tuple[TorchBuild, ...]
    """All GPU builds of the platform."""
    serving: tuple[TorchBuild, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What validating a matrix found."""

    folder: Path
    matrix: CompatibilityMatrix
    problems: tuple[Notice, ...]


def list_matrices() -> tuple[AvailableMatrix, ...]:
    """List the matrices that came with gpuenv, the newest first."""
    return available_matrices()


def architectures(matrix: CompatibilityMatrix, platform: PlatformName) -> tuple[ArchitectureSummary, ...]:
    """Derive the table of compute capabilities."""
    return summarize(matrix, platform)


def architecture(matrix: CompatibilityMatrix, name: str, platform: PlatformName) -> ShownArchitecture:
    """Select one compute capability (`sm_120`, `12.0`); `unknown-architecture` for others."""
    known = tuple(row.capability.sm for row in matrix.architectures)
    try:
        capability = ComputeCapability.parse(name)
    except ValueError as error:
        raise UsageError("unknown-architecture", architecture=name, matrix=matrix.version, known=known) from error
    row = matrix.architecture(capability)
    if row is None:
        raise UsageError("unknown-architecture", architecture=name, matrix=matrix.version, known=known)
    summary = next(found for found in summarize(matrix, platform) if found.capability == capability)
    return ShownArchitecture(
        summary=summary,
        builds=tuple(build for build in matrix.torch if build.platform == platform and build.cuda is not None),
        serving=tuple(serving_torch(matrix, row, platform)),
    )


def torch_builds(matrix: CompatibilityMatrix, release: str, platform: PlatformName | None) -> tuple[TorchBuild, ...]:
    """Select the builds of a torch release: `2.14` is all its patches; `unknown-torch-release` for others."""
    wanted = release.strip().removeprefix("torch").lstrip("=").split(".")
    found = tuple(
        build
        for build in matrix.torch
        if str(build.version).split(".")[: len(wanted)] == wanted and platform in {None, build.platform}
    )
    if not found:
        versions = [build.version for build in matrix.torch]
        raise UsageError(
            "unknown-torch-release",
            release=release,
            matrix=matrix.version,
            oldest=str(min(versions, default="")),
            newest=str(max(versions, default="")),
        )
    return found


def load(choice: str | None, *, cwd: Path) -> CompatibilityMatrix:
    """Load the chosen matrix."""
    return load_matrix(choice, cwd=cwd)


def validate(choice: str | None, *, cwd: Path) -> Validation:
    """Check a matrix; files that cannot be read or have no meaning are errors."""
    folder = find_matrix(choice, cwd=cwd)
    return Validation(folder=folder, matrix=load_matrix(str(folder), cwd=cwd), problems=validate_folder(folder))
