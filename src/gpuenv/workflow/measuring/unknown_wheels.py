"""Tells which wheels of a page are of builds that the matrix does not know."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from packaging.requirements import Requirement
    from packaging.tags import Tag

    from gpuenv.models.index import IndexedWheel, ProjectPage
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.platform import PlatformName
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target

TORCH: Final = "torch"
RUNTIME: Final = "onnxruntime-gpu"
_MOST: Final = 3
"""So many unknown versions of a page are measured, the newest: each costs some 20 MB."""
_CPU_OR_NIGHTLY: Final = re.compile(r"cpu|nightly/.*")
_NO_CUDA: Final = re.compile(r"cpu|rocm|xpu|cxx11")
"""How local labels of builds without CUDA begin."""


def unknown_wheels(
    page: ProjectPage, matrix: CompatibilityMatrix, request: Request, target: Target
) -> list[IndexedWheel]:
    """List wheels that the target installs and the request admits, one per version, the newest first."""
    if page.project not in {TORCH, RUNTIME} or _CPU_OR_NIGHTLY.fullmatch(page.tag or ""):
        return []
    is_known = _torch_test(page, matrix, target) if page.project == TORCH else _runtime_test(matrix, target)
    oldest = oldest_version(page.project, matrix, target.platform.name)
    asked = request.requirement(page.project)
    accepted = cache(lambda: _accepted(target))
    found: dict[Version, IndexedWheel] = {}
    for wheel in page.wheels:
        if (
            not is_known(wheel)
            and wheel.version >= oldest
            and not wheel.version.is_prerelease
            and not wheel.is_yanked
            and (asked is None or asked.specifier.contains(wheel.version))
            and wheel.tags & accepted()
        ):
            found.setdefault(wheel.version, wheel)
    return [found[version] for version in sorted(found, reverse=True)[:_MOST]]


def installable_wheel(page: ProjectPage, version: Version, target: Target) -> IndexedWheel | None:
    """Find the wheel of exactly that version that the target installs."""
    listed = (wheel for wheel in page.wheels if wheel.version == version and not wheel.is_yanked)
    return next((wheel for wheel in listed if wheel.tags & _accepted(target)), None)


def newest_version(project: str, matrix: CompatibilityMatrix, platform: PlatformName) -> Version:
    """Tell the newest version that the matrix knows for a platform."""
    return max(_versions(project, matrix, platform), default=Version("0"))


def oldest_version(project: str, matrix: CompatibilityMatrix, platform: PlatformName) -> Version:
    """Tell the oldest version that the matrix knows for a platform: older ones were left out on purpose."""
    return min(_versions(project, matrix, platform), default=Version("0"))


def newest_tags(matrix: CompatibilityMatrix, platform: PlatformName) -> tuple[str, ...]:
    """List the CUDA tags of the newest release, and those that nightly channels have in advance of it."""
    builds = [build for build in matrix.torch if build.platform == platform and build.cuda is not None]
    newest = max((build.version for build in builds), default=None)
    tags = [build.tag for build in builds if build.version == newest]
    to_come = [channel.tag.removeprefix("nightly/") for channel in matrix.nightly if channel.is_live]
    return tuple(dict.fromkeys([*tags, *(tag for tag in to_come if tag != "cpu")]))


def admits_newer(asked: Requirement | None, newest: Version) -> bool:
    """Whether a requirement leaves room for a version that is newer than the newest, or names a label of its own."""
    if asked is None:
        return True
    major, minor, patch = (*newest.release, 0, 0)[:3]
    stated = [Version(one.version.removesuffix(".*")) for one in asked.specifier]
    steps = [f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}", f"{major + 1}.0", f"{major + 9}.0"]
    probes = [*map(Version, steps), *(version for version in stated if version > newest or version.local)]
    return any(asked.specifier.contains(version, prereleases=True) for version in probes)


def wheel_label(wheel: IndexedWheel) -> str:
    """Name an unknown wheel in a message: `2.16.0+cu130`, `onnxruntime-gpu 1.99.0`."""
    return str(wheel.version) if wheel.name == TORCH else f"{wheel.name} {wheel.version}"


def _versions(project: str, matrix: CompatibilityMatrix, platform: PlatformName) -> Iterable[Version]:
    builds = matrix.torch if project == TORCH else matrix.onnxruntime
    return (build.version for build in builds if build.platform == platform)


def _torch_test(page: ProjectPage, matrix: CompatibilityMatrix, target: Target) -> Callable[[IndexedWheel], bool]:
    """A build is known by version and tag: the page's, that of its label, or none, as the default index has it."""
    builds = [build for build in matrix.torch if build.platform == target.platform.name]
    known: set[tuple[str, str | None]] = {(str(build.version), build.tag) for build in builds}
    known |= {(str(build.version), None) for build in builds if build.on_pypi}

    def is_known(wheel: IndexedWheel) -> bool:
        local = wheel.version.local
        return (wheel.version.public, page.tag or local) in known or (
            local is not None and _NO_CUDA.match(local) is not None
        )

    return is_known


def _runtime_test(matrix: CompatibilityMatrix, target: Target) -> Callable[[IndexedWheel], bool]:
    known = {build.version for build in matrix.onnxruntime if build.platform == target.platform.name}
    return lambda wheel: wheel.version in known


def _accepted(target: Target) -> frozenset[Tag]:
    from gpuenv.rules.wheel_tags import supported_tags  # noqa: PLC0415 - only where a page has something unknown

    return supported_tags(target.platform, target.python)
