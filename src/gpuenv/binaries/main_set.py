"""Tells the architectures a library was built for from those that a few of its kernels add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.binaries import CodeKind, MainSet
from gpuenv.rules.containers import NEARLY_ALL, judged_containers, total

if TYPE_CHECKING:
    from gpuenv.models.binaries import CodeSummary, Images
    from gpuenv.models.cuda import Architecture


def main_set(summary: CodeSummary) -> MainSet:
    """Split the architectures of a library into those in nearly all containers, and the rest.

    The measure are the containers that serve several generations of GPUs. Where there are next to none, each container
    is for one, and the measure is the architecture with the most containers of a kind.
    """
    judged = judged_containers(summary)
    wide = tuple((images, number) for images, number in judged if _generations(images) > 1)
    if total(wide) * 4 >= total(judged):
        counts = _counts(wide)
        measures = dict.fromkeys(CodeKind, total(wide))
    else:
        counts = _counts(judged)
        measures = {kind: max((counts[image] for image in counts if image[0] is kind), default=0) for kind in CodeKind}
    main = {image for image, number in counts.items() if number > NEARLY_ALL * measures[image[0]]}
    sass = [architecture for architecture, _ in summary.sass]
    ptx = [architecture for architecture, _ in summary.ptx]
    return MainSet(
        sass=tuple(found for found in sass if (CodeKind.SASS, found) in main),
        ptx=tuple(found for found in ptx if (CodeKind.PTX, found) in main),
        extra_sass=tuple(found for found in sass if (CodeKind.SASS, found) not in main),
        extra_ptx=tuple(found for found in ptx if (CodeKind.PTX, found) not in main),
    )


def _generations(images: Images) -> int:
    return len({architecture.capability.major for _, architecture in images})


def _counts(counted: tuple[tuple[Images, int], ...]) -> dict[tuple[CodeKind, Architecture], int]:
    counts: dict[tuple[CodeKind, Architecture], int] = {}
    for images, number in counted:
        for image in images:
            counts[image] = counts.get(image, 0) + number
    return counts
