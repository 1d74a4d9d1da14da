"""Which containers speak for a library, and how many are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.binaries import CodeKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.models.binaries import CodeSummary, Images

NEARLY_ALL: Final = 2 / 3
"""The share from which code counts as that of the library. ONNX Runtime 1.31.1 has sm_75 in 217 of its 308 containers
(the rest are kernels that Turing cannot run, and it runs on Turing); the extras seen are in at most one of eight."""

_FEW: Final = 4
"""Containers that are general are the measure, unless they are fewer than one in this many."""


def judged_containers(summary: CodeSummary) -> tuple[tuple[Images, int], ...]:
    """Choose the containers that speak for a library.

    Those which the runtime loads, with the embedded ones where these are more (cuFFT). Without those whose every image
    is for one capability or family only (`sm_90a`): kernels written for it, which are missed on no other GPU.
    """
    runtime, embedded = total(summary.combinations), total(summary.embedded)
    found = (*summary.combinations, *summary.embedded) if embedded > runtime else summary.combinations
    general = tuple((images, number) for images, number in found if _is_general(images))
    return general if total(general) * _FEW >= total(found) else found


def _is_general(images: Images) -> bool:
    return any(kind is not CodeKind.LTO_IR and not architecture.suffix for kind, architecture in images)


def total(counted: Iterable[tuple[Images, int]]) -> int:
    """Add up the containers."""
    return sum(number for _, number in counted)
