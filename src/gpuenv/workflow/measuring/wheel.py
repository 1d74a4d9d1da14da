"""Measures one wheel of either project; what goes wrong is told, and the search goes on without it."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.models.notice import Notice
from gpuenv.workflow.measuring.onnxruntime import measure_runtime
from gpuenv.workflow.measuring.torch import measure_torch
from gpuenv.workflow.measuring.unknown_wheels import TORCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.index import IndexedWheel, ProjectPage
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.target import Target
    from gpuenv.workflow.measuring.kept_builds import Build


def measured_or_told(
    page: ProjectPage,
    wheel: IndexedWheel,
    target: Target,
    settings: IndexSettings,
    toolkits: Sequence[CudaVersion],
    *,
    today: str,
    notes: list[Notice],
) -> Build | None:
    """Measure a wheel that a page lists; None for one without CUDA, and for one that cannot be read, which is told."""
    try:
        if page.project == TORCH:
            return measure_torch(page, wheel, target, settings, today=today)
        return measure_runtime(page, wheel, target, settings, toolkits, today=today)
    except (GpuenvError, OSError, zipfile.BadZipFile, KeyError) as error:
        reason = error.code if isinstance(error, GpuenvError) else type(error).__name__
        notes.append(Notice.of("build-not-measured", wheel=wheel.filename, reason=reason))
        return None
