"""What hangs or is missing does not hold detection up: 2 s in all without tools, 5 s when one hangs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gpuenv.detect.sources.overrides import probe_timeout_s
from gpuenv.models.hardware import HostFacts, Presence
from support.detection import detect
from support.machine_roots import add_pci, write
from support.nvml import FOLDER, build_shared, install_nvml

pytestmark = pytest.mark.skipif(os.name != "posix", reason="libraries are compiled with cc, programs are scripts")

LIBCUDA = Path(__file__).parents[1] / "support" / "libcuda.c"
LIMIT = "1.5"
"""Seconds for all sources together, instead of the 4 that users get."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85", driver="nvidia")
    return tmp_path


def add_libcuda(root: Path) -> None:
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "libcuda.so.1").write_bytes(build_shared(LIBCUDA, "libcuda.so.1").read_bytes())


def add_nvidia_smi(root: Path, script: str) -> None:
    write(root / "usr/bin/nvidia-smi", f"#!/bin/sh\n{script}\n")
    (root / "usr/bin/nvidia-smi").chmod(0o755)


def timed(root: Path, *, limit: str = LIMIT, **environ: str) -> tuple[HostFacts, float]:
    started = time.monotonic()
    host = detect(root, GPUENV_PROBE_TIMEOUT=limit, **environ)
    return host, time.monotonic() - started


def test_the_time_that_users_get_leaves_room_below_five_seconds() -> None:
    assert probe_timeout_s({}) == 4.0


def test_a_machine_without_tools_is_described_at_once(root: Path) -> None:
    started = time.monotonic()
    assert detect(root).presence is Presence.UNUSABLE
    assert time.monotonic() - started < 2


def test_a_hanging_libcuda_ends_the_asking(root: Path) -> None:
    add_libcuda(root)
    add_nvidia_smi(root, "touch was-run; sleep 60")
    host, seconds = timed(root, FAKE_CUDA_HANGS="1")
    assert [problem.code for problem in host.problems] == ["driver-hangs"]
    assert not (root / "was-run").exists()
    assert seconds < 3


def test_sources_share_one_time_limit(root: Path) -> None:
    environ = install_nvml(root, "init\t12")
    add_libcuda(root)
    add_nvidia_smi(root, "sleep 60")
    host, seconds = timed(root, limit="3", FAKE_CUDA_INIT="100", FAKE_CUDA_SECONDS="2", **environ)
    assert [problem.code for problem in host.problems] == ["driver-hangs"]
    assert seconds < 4.5


def test_a_program_that_lists_the_cards_and_then_hangs_keeps_what_it_told(root: Path) -> None:
    row = "0, NVIDIA GeForce RTX 5090, GPU-1, 0x2B8510DE, 00000000:01:00.0, 32607, 580.95.05, 12.0"
    add_nvidia_smi(root, f'case "$1" in --query-gpu*) echo "{row}";; *) sleep 60;; esac')
    host, seconds = timed(root)
    assert (host.presence, [gpu.label for gpu in host.gpus]) == (
        Presence.PRESENT,
        ["NVIDIA GeForce RTX 5090 (12.0)"],
    )
    assert seconds < 3
