"""Virtual GPUs: what their driver shows is usable, unless the profile is one that runs no CUDA."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gpuenv.models.hardware import Presence
from gpuenv.models.notice import Notice
from support.detection import detect
from support.machine_roots import add_pci, write

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="nvidia-smi is stood in for by a script")


@pytest.mark.parametrize(
    ("name", "capability", "problems"),
    [
        ("GRID T4-16Q", "7.5", ()),
        ("NVIDIA A100-40C", "8.0", ()),
        ("NVIDIA L4-2B", "8.9", (Notice.of("vgpu-runs-no-cuda", gpu="NVIDIA L4-2B", series="B"),)),
        ("NVIDIA A40-8A", "8.6", (Notice.of("vgpu-runs-no-cuda", gpu="NVIDIA A40-8A", series="A"),)),
    ],
)
def test_a_profile_that_runs_no_cuda_is_told_of(
    tmp_path: Path, name: str, capability: str, problems: tuple[Notice, ...]
) -> None:
    add_pci(tmp_path, "0000:02:01.0", "0x10de", "0x1eb8", driver="nvidia")
    row = f"0, {name}, GPU-1, 0x1EB810DE, 00000000:02:01.0, 16384, 550.90.07, {capability}"
    write(tmp_path / "usr/bin/nvidia-smi", f'#!/bin/sh\ncase "$1" in --query-gpu*) echo "{row}";; esac\n')
    (tmp_path / "usr/bin/nvidia-smi").chmod(0o755)
    host = detect(tmp_path)
    assert (host.presence, [gpu.name for gpu in host.gpus], host.problems) == (Presence.PRESENT, [name], problems)
