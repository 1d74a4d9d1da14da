"""Makes builds of torch out of the pages of the live nightly channels: the matrix cannot know their dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.version import Version

from gpuenv.models.index import SourceKind
from gpuenv.models.matrix import TorchBuild

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gpuenv.models.cuda import Architecture
    from gpuenv.models.index import ProjectPage
    from gpuenv.models.matrix import CompatibilityMatrix, NightlyChannel
    from gpuenv.models.target import Target

NIGHTLY_PLATFORM: Final = "linux-x86_64"
"""The only platform for which the code of nightly channels is recorded."""


def nightly_builds(matrix: CompatibilityMatrix, target: Target, pages: Iterable[ProjectPage]) -> tuple[TorchBuild, ...]:
    """Make a build for each dated version that a page of a live channel lists.

    What code a channel holds is known for Linux x86_64; elsewhere it is taken from the newest stable build of the same
    CUDA version for the platform, which the same scripts make. A channel of neither is left out. PTX is not
    counted on: whether a nightly has it is not established. A build that was measured is in the matrix already.
    """
    channels = {channel.tag: channel for channel in matrix.nightly if channel.is_live}
    return tuple(
        build
        for page in pages
        if page.project == "torch" and page.source.kind is SourceKind.PYTORCH and page.tag in channels
        for build in _builds(matrix, target, page, channels[page.tag])
    )


def _builds(
    matrix: CompatibilityMatrix, target: Target, page: ProjectPage, channel: NightlyChannel
) -> Iterator[TorchBuild]:
    tag = channel.tag.removeprefix("nightly/")
    like = max(
        (build for build in matrix.torch if build.platform == target.platform.name and build.tag == tag),
        key=lambda build: build.version,
        default=None,
    )
    sass = _sass(channel, like, target)
    if not sass and tag != "cpu":
        return
    measured = {
        build.version for build in matrix.torch if (build.tag, build.platform) == (page.tag, target.platform.name)
    }
    dated = dict.fromkeys(wheel.version for wheel in page.wheels if wheel.version.is_devrelease)
    for version in (version for version in dated if Version(version.public) not in measured):
        yield TorchBuild(
            version=Version(version.public),
            tag=channel.tag,
            platform=target.platform.name,
            sass=sass,
            ptx=frozenset(),
            ptx_is_known=False,
            python_min=target.python,
            python_max=target.python,
            local=version.local,
            on_pytorch_index=True,
            on_pypi=False,
            is_official=True,
            cudnn=None,
            provenance=channel.provenance,
        )


def _sass(channel: NightlyChannel, like: TorchBuild | None, target: Target) -> frozenset[Architecture]:
    if target.platform.name == NIGHTLY_PLATFORM and channel.sass:
        return channel.sass
    return like.sass if like is not None else frozenset()
