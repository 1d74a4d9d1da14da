"""Compares a matrix with the default index, as pip is configured: which releases appeared, and which vanished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from find_wheels import releases
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.surroundings import Surroundings

LINUX: Final = "linux-x86_64"
EVERYWHERE: Final = (LINUX, "linux-aarch64", "windows-x86_64")
PLATFORMS: Final = {
    "torch": EVERYWHERE,
    "onnxruntime-gpu": EVERYWHERE,
    "torchvision": (LINUX,),
    "torchaudio": (LINUX,),
    "triton": (LINUX,),
}
"""Rows of the first two are by platform; of the others one release has one row."""
MEASURED: Final = frozenset({"torch", "onnxruntime-gpu"})


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Release:
    """One release of a project for one platform."""

    project: str
    version: Version
    platform: str

    def __str__(self) -> str:
        return f"{self.project} {self.version} {self.platform}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the default index has and the matrix does not, and the other way round."""

    appeared: tuple[Release, ...] = ()
    vanished: tuple[Release, ...] = ()
    unread: tuple[str, ...] = ()
    """Projects and platforms for which pip told of no release at all: nothing of them counts as vanished."""


def changes(matrix: CompatibilityMatrix, surroundings: Surroundings) -> Changes:
    """Ask pip for the releases of every project and platform, and compare."""
    known = frozenset(_known(matrix))
    appeared: list[Release] = []
    vanished: list[Release] = []
    unread: list[str] = []
    for project, platforms in PLATFORMS.items():
        oldest = min((release.version for release in known if release.project == project), default=Version("0"))
        for platform in platforms:
            listed = _listed(project, platform, surroundings)
            if not listed:
                unread.append(f"{project} {platform}")
                continue
            here = {release for release in known if (release.project, release.platform) == (project, platform)}
            appeared += (release for release in listed - here if release.version >= oldest)
            vanished += here - listed
    return Changes(appeared=tuple(sorted(appeared)), vanished=tuple(sorted(vanished)), unread=tuple(unread))


def measuring(found: Changes) -> list[str]:
    """Give the commands that measure what appeared."""
    return [
        f"scripts/measure_wheels.py --project {release.project} --platform {release.platform}"
        f" --version {release.version} --full"
        for release in found.appeared
        if release.project in MEASURED
    ]


def _listed(project: str, platform: str, surroundings: Surroundings) -> frozenset[Release]:
    return frozenset(
        Release(project=project, version=version, platform=platform)
        for version in releases(project, platform, surroundings)
        if version.local is None and not version.is_prerelease
    )


def _known(matrix: CompatibilityMatrix) -> Iterator[Release]:
    for build in matrix.torch:
        if build.on_pypi:
            yield Release(project="torch", version=build.version, platform=build.platform)
    for runtime in matrix.onnxruntime:
        yield Release(project="onnxruntime-gpu", version=runtime.version, platform=runtime.platform)
    for companion in matrix.companions:
        if companion.on_pypi:
            yield Release(project=companion.project, version=companion.version, platform=LINUX)
    for triton in matrix.triton:
        yield Release(project="triton", version=triton.version, platform=LINUX)
