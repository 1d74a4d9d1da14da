"""Joins measured builds to a matrix, in the tables that the search goes through."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from gpuenv.models.index import SourceKind
from gpuenv.models.matrix import OnnxRuntimeBuild, TorchBuild
from gpuenv.resolve.tables import make_tables
from gpuenv.workflow.measuring.unknown_wheels import RUNTIME, TORCH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.models.environment import InstalledDistribution
    from gpuenv.models.index import ProjectPage
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.resolve.tables import Tables
    from gpuenv.workflow.measuring.kept_builds import Build

_Key: TypeAlias = "tuple[object, ...]"


def joined(tables: Tables, builds: Iterable[Build]) -> Tables:
    """Add builds that the matrix lacks; of two measurements of one build the last counts."""
    builds, matrix = tuple(builds), tables.matrix
    if not builds:
        return tables
    have = {*map(_key, matrix.torch), *map(_key, matrix.onnxruntime)}
    new = {_key(build): build for build in builds if _key(build) not in have}
    if not new:
        return tables
    torch = tuple(build for build in new.values() if isinstance(build, TorchBuild))
    runtimes = tuple(build for build in new.values() if isinstance(build, OnnxRuntimeBuild))
    return make_tables(replace(matrix, torch=(*matrix.torch, *torch), onnxruntime=(*matrix.onnxruntime, *runtimes)))


def _key(build: Build) -> _Key:
    if isinstance(build, OnnxRuntimeBuild):
        return RUNTIME, build.version, build.platform
    own = build.local if build.local != build.tag else None
    return TORCH, build.version, build.tag, build.platform, own if not build.on_pypi else None


def placed(build: Build, page: ProjectPage, matrix: CompatibilityMatrix) -> Build:
    """Say where a measured build is to be had, and whether its tag is a side channel, as that of older releases is."""
    if isinstance(build, OnnxRuntimeBuild):
        return build
    like = max(
        (known for known in matrix.torch if (known.tag, known.platform) == (build.tag, build.platform)),
        key=lambda known: known.version,
        default=None,
    )
    return replace(
        build,
        on_pytorch_index=page.source.kind is SourceKind.PYTORCH,
        on_pypi=page.source.kind is not SourceKind.PYTORCH and build.local is None,
        is_official=like is None or like.is_official,
    )


def is_installed_as(build: Build, installed: InstalledDistribution) -> bool:
    """Whether an installed distribution is of that build."""
    if isinstance(build, OnnxRuntimeBuild):
        return installed.name == RUNTIME and installed.version == build.version
    return (
        installed.name == TORCH
        and str(build.version) == installed.version.public
        and installed.version.local in {build.local, build.tag}
    )


def project_of(build: Build) -> str:
    """Name the project that a build is of."""
    return TORCH if isinstance(build, TorchBuild) else RUNTIME


def label_of(build: Build) -> str:
    """Name a build in a message."""
    return build.label if isinstance(build, TorchBuild) else f"{RUNTIME} {build.version}"
