"""Detects a machine whose files lie below a folder, with the packaged matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.detect.host import detect_host
from gpuenv.report.messages import phrase
from support.machine_roots import surroundings
from support.machines import matrix

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.hardware import HostFacts
    from gpuenv.models.notice import Notice


def detect(root: Path, **environ: str) -> HostFacts:
    """Detect the machine, with more environment variables."""
    return detect_host(
        surroundings(root, environ),
        gpu_models=lambda: matrix().gpus,
        architectures=lambda: matrix().architectures,
        root=root,
    )


def hints(notice: Notice) -> tuple[str, ...]:
    """The commands that a notice comes with."""
    return phrase(notice.code, notice.context, "en").hints
