"""Which containers speak for a library, and how many are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.binaries import CodeKind, CodeSummary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpuenv.models.binaries import Images
    from gpuenv.models.cuda import Architecture

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


def joined(summaries: Sequence[CodeSummary]) -> CodeSummary:
    """Take several files for one: what a family of libraries holds together."""
    versions: dict[Architecture, tuple[int, int]] = {}
    for architecture, language in (found for summary in summaries for found in summary.ptx_versions):
        versions[architecture] = max(versions.get(architecture, (0, 0)), language)
    return CodeSummary(
        containers=sum(summary.containers for summary in summaries),
        objects=sum(summary.objects for summary in summaries),
        sass=(),
        ptx=(),
        combinations=tuple(counted for summary in summaries for counted in summary.combinations),
        embedded=tuple(counted for summary in summaries for counted in summary.embedded),
        ptx_versions=tuple(sorted(versions.items())),
    )


def total(counted: Iterable[tuple[Images, int]]) -> int:
    """Add up the containers."""
    return sum(number for _, number in counted)
