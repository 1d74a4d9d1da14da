"""Shows what goes with the builds of one torch release: companions, Triton, NCCL, the C++ standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.version import Version

    from gpuenv.models.matrix import CompatibilityMatrix, TorchBuild
    from gpuenv.report.terminal import Terminal


def write_releases(terminal: Terminal, matrix: CompatibilityMatrix, builds: Sequence[TorchBuild]) -> None:
    """Write a line for each version among the builds."""
    for version in dict.fromkeys(build.version for build in builds):
        of_release = [build for build in builds if build.version == version]
        facts = {
            "release": str(version),
            "torchvision": _companions(matrix, "torchvision", version),
            "torchaudio": _companions(matrix, "torchaudio", version),
            "triton": _distinct(build.triton for build in of_release),
            "nccl": _by_tag(of_release),
            "cxx": _distinct(build.cxx_standard for build in of_release),
        }
        terminal.print(phrase("matrix-release-line", facts, terminal.language).message)


def _companions(matrix: CompatibilityMatrix, project: str, torch: Version) -> str:
    return _distinct(row.version for row in matrix.companions if row.project == project and row.torch.contains(torch))


def _by_tag(builds: Iterable[TorchBuild]) -> str:
    """`2.29.3 (cu126), 2.30.7 (cu130 cu132)`; without tags where all are the same."""
    tags: dict[str, list[str]] = {}
    for build in builds:
        if build.nccl is not None and build.tag not in tags.setdefault(str(build.nccl), []):
            tags[str(build.nccl)].append(build.tag)
    if len(tags) <= 1:
        return "".join(tags) or "-"
    return ", ".join(f"{nccl} ({' '.join(sorted(found))})" for nccl, found in tags.items())


def _distinct(values: Iterable[object]) -> str:
    return " ".join(dict.fromkeys(str(value) for value in values if value is not None)) or "-"
