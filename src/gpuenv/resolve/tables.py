"""What can be worked out once for a matrix and serves every resolution: releases in order, coverage, pairs.

The value is handed to `resolve` by whoever asks often (a batch, the grid); its dictionaries fill as questions come.
They hold nothing but what follows from the matrix, so that an answer never depends on what was asked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from gpuenv.models.value import dataclass
from gpuenv.rules.coverage import build_coverage, runtime_coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from packaging.version import Version

    from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion, DriverVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import (
        ArchitectureRow,
        CompanionRelease,
        CompatibilityMatrix,
        CudaRelease,
        OnnxRuntimeBuild,
        TorchBuild,
    )
    from gpuenv.models.platform import PlatformName, PythonVersion
    from gpuenv.models.triton import TritonRelease
    from gpuenv.resolve.judgement import Service
    from gpuenv.resolve.refusal import Refusal
    from gpuenv.rules.coverage import BuildCoverage

Found = TypeVar("Found")

CodeSets = tuple["frozenset[Architecture]", "frozenset[Architecture]", "CudaVersion | None", "Version | None"]
"""SASS, PTX, CUDA version, cuDNN: all of a build that its coverage depends on."""

Question = tuple["tuple[Gpu, ...]", str, "DriverVersion | None", "CudaVersion | None", "CudaVersion | None"]
"""GPUs; system of the driver, the driver, the CUDA version that it speaks, and the one that the table says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The builds of one version of torch for one platform."""

    version: Version
    builds: tuple[TorchBuild, ...]
    codes: tuple[int, ...]
    """For each build the number of its code sets: builds of the same number serve the same GPUs and drivers."""


Tiers = tuple[tuple[Release, ...], ...]
"""Releases in the order of the search: all of the first tier, newest first, then those of the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """A matrix in the order in which it is searched, and answers that many questions share."""

    matrix: CompatibilityMatrix
    architectures: Mapping[ComputeCapability, ArchitectureRow]
    cuda: Mapping[CudaVersion, CudaRelease]
    codes: dict[CodeSets, int]
    """The numbers of the code sets; a new one, of a nightly build, gets the next number."""
    releases: Mapping[PlatformName, tuple[Release, ...]]
    """Newest first."""
    gpu_tiers: Mapping[PlatformName, Tiers]
    cpu_tiers: Mapping[PlatformName, Tiers]
    companions: Mapping[str, tuple[CompanionRelease, ...]]
    """By project, newest first."""
    onnxruntime: Mapping[PlatformName, tuple[OnnxRuntimeBuild, ...]]
    """Newest first."""
    pythons: Mapping[PlatformName, tuple[PythonVersion, ...]]
    """The Pythons that builds of torch start or end with."""
    newest_glibc: Mapping[PlatformName, tuple[int, int] | None]
    """What some build takes; a system that has it is never too old."""
    services: dict[Question, dict[int, Service | Refusal]] = field(default_factory=dict, repr=False, compare=False)
    """How code sets, by number, serve GPUs and drivers that were asked about."""
    _names: dict[frozenset[Architecture], tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    _coverages: dict[tuple[CodeSets, ComputeCapability, CudaVersion | None], BuildCoverage] = field(
        default_factory=dict, repr=False, compare=False
    )
    _runtime_coverages: dict[tuple[object, ...], BuildCoverage] = field(default_factory=dict, repr=False, compare=False)
    _pairs: dict[tuple[str, Version], tuple[CompanionRelease, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _tritons: dict[str, TritonRelease | None] = field(default_factory=dict, repr=False, compare=False)
    _ends: dict[tuple[PlatformName, frozenset[ComputeCapability]], tuple[Version, Version] | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def names(self, code: frozenset[Architecture]) -> tuple[str, ...]:
        """Name the architectures of a set in order: `75`, `90a`."""
        found = self._names.get(code)
        if found is None:
            found = tuple(str(architecture) for architecture in sorted(code))
            self._names[code] = found
        return found

    def coverage(
        self, build: TorchBuild, capability: ComputeCapability, driver_cuda: CudaVersion | None
    ) -> BuildCoverage:
        """Judge a build for one capability, by rules 1 to 3; see `rules.coverage.build_coverage`."""
        key = ((build.sass, build.ptx, build.cuda, build.cudnn), capability, driver_cuda)
        found = self._coverages.get(key)
        if found is None:
            found = build_coverage(
                build, capability, driver_cuda=driver_cuda, architecture=self.architectures.get(capability)
            )
            self._coverages[key] = found
        return found

    def runtime_coverage(
        self, build: OnnxRuntimeBuild, capability: ComputeCapability, driver_cuda: CudaVersion | None
    ) -> BuildCoverage:
        """Judge a build of ONNX Runtime for one capability; see `rules.coverage.runtime_coverage`."""
        key = (build.sass, build.ptx, build.cuda, build.cudnn_major, capability, driver_cuda)
        found = self._runtime_coverages.get(key)
        if found is None:
            found = runtime_coverage(
                build, capability, driver_cuda=driver_cuda, architecture=self.architectures.get(capability)
            )
            self._runtime_coverages[key] = found
        return found

    def pairs(self, project: str, torch: Version) -> tuple[CompanionRelease, ...]:
        """List the releases of torchvision or torchaudio that pair with a version of torch, newest first."""
        key = (project, torch)
        found = self._pairs.get(key)
        if found is None:
            rows = self.companions.get(project, ())
            found = tuple(row for row in rows if row.torch.contains(torch, prereleases=True))
            self._pairs[key] = found
        return found

    def generator(self, build: TorchBuild, capability: ComputeCapability) -> CudaVersion | None:
        """Tell the CUDA version of the code that a build's torch.compile makes for a GPU; None where not known."""
        if not self.matrix.triton or build.triton is None:
            return None
        key = str(build.triton)
        if key not in self._tritons:
            self._tritons[key] = self.matrix.triton_of(build)
        release = self._tritons[key]
        return release.ptxas_for(capability) if release is not None else None

    def end_of_support(
        self, platform: PlatformName, capabilities: frozenset[ComputeCapability]
    ) -> tuple[Version, Version] | None:
        """Tell the last release with a build for all capabilities together, and the one that dropped them.

        None where the newest release has one, or none ever had.
        """
        key = (platform, capabilities)
        if key not in self._ends:
            self._ends[key] = self._find_end(platform, capabilities)
        return self._ends[key]

    def _find_end(
        self, platform: PlatformName, capabilities: frozenset[ComputeCapability]
    ) -> tuple[Version, Version] | None:
        newer: Version | None = None
        for release in self.releases.get(platform, ()):
            builds = [build for build in release.builds if build.cuda is not None and not build.is_nightly]
            if any(self._covers_all(build, capabilities) for build in builds):
                return None if newer is None else (release.version, newer)
            newer = release.version if builds else newer
        return None

    def _covers_all(self, build: TorchBuild, capabilities: frozenset[ComputeCapability]) -> bool:
        return all(self.coverage(build, capability, None).refusal is None for capability in capabilities)


class ByPlatform(Mapping["PlatformName", Found]):
    """Something for each platform, made where it is asked for: a run is about one of them, a batch about some."""

    def __init__(self, platforms: Iterable[PlatformName], make: Callable[[PlatformName], Found]) -> None:
        """Take the platforms, and what makes it for one."""
        self._platforms = tuple(platforms)
        self._make = make
        self._made: dict[PlatformName, Found] = {}

    def __getitem__(self, platform: PlatformName) -> Found:
        if platform not in self._made:
            if platform not in self._platforms:
                raise KeyError(platform)
            self._made[platform] = self._make(platform)
        return self._made[platform]

    def __iter__(self) -> Iterator[PlatformName]:
        return iter(self._platforms)

    def __len__(self) -> int:
        return len(self._platforms)


def make_tables(matrix: CompatibilityMatrix) -> Tables:
    """Put a matrix in the order in which it is searched."""
    builds: dict[PlatformName, list[TorchBuild]] = {}
    for build in matrix.torch:
        builds.setdefault(build.platform, []).append(build)
    codes: dict[CodeSets, int] = {}
    projects = dict.fromkeys(row.project for row in matrix.companions)
    return Tables(
        matrix=matrix,
        pythons=ByPlatform(builds, lambda platform: _pythons(builds[platform])),
        newest_glibc=ByPlatform(builds, lambda platform: _newest_glibc(matrix, platform)),
        codes=codes,
        architectures={row.capability: row for row in matrix.architectures},
        cuda={row.version: row for row in matrix.cuda},
        releases=ByPlatform(builds, lambda platform: releases_of(builds[platform], codes)),
        gpu_tiers=ByPlatform(builds, lambda platform: tiers_of(builds[platform], codes, is_cpu=False)),
        cpu_tiers=ByPlatform(builds, lambda platform: tiers_of(builds[platform], codes, is_cpu=True)),
        companions={project: _companions(matrix, project) for project in projects},
        onnxruntime=ByPlatform(builds, lambda platform: _runtimes(matrix, platform)),
    )


def _companions(matrix: CompatibilityMatrix, project: str) -> tuple[CompanionRelease, ...]:
    rows = (row for row in matrix.companions if row.project == project)
    return tuple(sorted(rows, key=lambda row: row.version, reverse=True))


def _runtimes(matrix: CompatibilityMatrix, platform: PlatformName) -> tuple[OnnxRuntimeBuild, ...]:
    builds = (build for build in matrix.onnxruntime if build.platform == platform)
    return tuple(sorted(builds, key=lambda build: build.version, reverse=True))


def _pythons(builds: Iterable[TorchBuild]) -> tuple[PythonVersion, ...]:
    return tuple(sorted({python for build in builds for python in (build.python_min, build.python_max)}))


def _newest_glibc(matrix: CompatibilityMatrix, platform: PlatformName) -> tuple[int, int] | None:
    needs = [build.glibc for build in matrix.torch if build.platform == platform]
    needs += [build.glibc for build in matrix.onnxruntime if build.platform == platform]
    return max((glibc for glibc in needs if glibc is not None), default=None)


def tiers_of(builds: Iterable[TorchBuild], codes: dict[CodeSets, int], *, is_cpu: bool) -> Tiers:
    """Put the kind of builds that is wanted before the kind that serves only where none of those does (rule 9).

    Official builds before side channels, such as cu129 after torch 2.8; for CPU targets CPU builds before CUDA builds.
    For GPU targets CPU builds are no candidates (rule 10).
    """
    builds = tuple(builds)
    if is_cpu:
        wanted = [build for build in builds if build.cuda is None]
        others = [build for build in builds if build.cuda is not None]
    else:
        wanted = [build for build in builds if build.cuda is not None and build.is_official]
        others = [build for build in builds if build.cuda is not None and not build.is_official]
    return releases_of(wanted, codes), releases_of(others, codes)


def releases_of(builds: Iterable[TorchBuild], codes: dict[CodeSets, int]) -> tuple[Release, ...]:
    """Gather builds by version, newest first; the order of builds of one version is kept."""
    ordered = sorted(builds, key=lambda build: build.version, reverse=True)
    return tuple(_release(version, tuple(group), codes) for version, group in groupby(ordered, key=_version))


def _release(version: Version, builds: tuple[TorchBuild, ...], codes: dict[CodeSets, int]) -> Release:
    numbers = (codes.setdefault((build.sass, build.ptx, build.cuda, build.cudnn), len(codes)) for build in builds)
    return Release(version=version, builds=builds, codes=tuple(numbers))


def _version(build: TorchBuild) -> Version:
    return build.version
