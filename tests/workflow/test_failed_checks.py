from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from gpuenv.models.surroundings import Surroundings
from gpuenv.workflow.failed_checks import judge_output
from gpuenv.workflow.options import Options

if TYPE_CHECKING:
    from pathlib import Path


def judged(text: str, tmp_path: Path) -> str | None:
    surroundings = Surroundings(
        environ={}, cwd=tmp_path, home=tmp_path, now=datetime(2026, 11, 21, tzinfo=timezone.utc)
    )
    return judge_output(Options(), surroundings)(text)


OLD_BUILD = """UserWarning: NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current
PyTorch installation. The current PyTorch install supports CUDA capabilities sm_50 sm_60 sm_70 sm_80 sm_86 sm_90."""
OTHER_CUDA = """[E:onnxruntime:Default] Failed to load library libonnxruntime_providers_cuda.so with error:
libcublasLt.so.11: cannot open shared object file: No such file or directory"""


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("epoch 1: loss 0.3\nepoch 2: loss 0.2\n", None),
        ("caught: CUDA out of memory, trying a smaller batch", None),
        (OLD_BUILD, "architecture-too-new-for-build"),
        (OTHER_CUDA, "onnxruntime-other-cuda-major"),
    ],
)
def test_a_text_of_a_program_that_ended_well_counts_by_its_cause(tmp_path: Path, text: str, cause: str | None) -> None:
    assert judged(text, tmp_path) == cause
