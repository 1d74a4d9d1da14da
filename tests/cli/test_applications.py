"""The applications of an environment in `gpuenv verify` and `gpuenv run`: which parts are proven, and what is set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from support.fake_torch import add_distribution, make_pretended_gpu
from support.torch_environment import torch_environment  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def gpuenv(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a machine with one RTX 5060 Ti."""
    machine = {"GPUENV_GPUS": "rtx-5060-ti", "GPUENV_DRIVER": "580.95.05", "GPUENV_LANG": "en"}
    return subprocess.run(
        [sys.executable, "-m", "gpuenv", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **machine, **environ},
    )


def environment(root: Path, torch: Path, faults: Mapping[str, object]) -> None:
    make_pretended_gpu(root, torch, faults)
    add_distribution(root, "torch", "2.11.0+cu130")
    (root / ".gpuenv").mkdir()
    (root / ".gpuenv" / "constraints.txt").write_text("# application: gpt-sovits\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("faults", "parts", "half"),
    [
        ({}, {"half-precision": "on", "v2pro-speaker-module": "on"}, "True"),
        (
            {"rfft": "nvrtc: error: invalid value for --gpu-architecture (-arch)"},
            {"half-precision": "on", "v2pro-speaker-module": "off"},
            "True",
        ),
    ],
    ids=["everything works", "no fft"],
)
def test_verify_says_which_parts_of_gpt_sovits_may_be_on_and_run_sets_them(
    faults: Mapping[str, object],
    parts: Mapping[str, str],
    half: str,
    tmp_path: Path,
    torch_environment: Path,  # noqa: F811
) -> None:
    environment(tmp_path, torch_environment, faults)
    verified = gpuenv("verify", "--venv", tmp_path, "--json")
    envelope: dict[str, Any] = json.loads(verified.stdout)
    warnings = envelope["data"]["warnings"]
    assert (verified.returncode, envelope["status"]) == (3, "failed")  # onnxruntime-gpu is needed, and is not there
    assert "ort" in envelope["data"]["unproven"]
    told = {
        part: warning["code"].removeprefix("application-part-")
        for part in parts
        for warning in warnings
        if part in warning["message"]
    }
    assert told == parts

    shown = gpuenv("run", "--venv", tmp_path, "--print", "dotenv")
    assert f'is_half="{half}"' in shown.stdout.replace("'", '"') or f"is_half={half}" in shown.stdout
    own = gpuenv("run", "--venv", tmp_path, "--print", "dotenv", is_half="False")
    assert "is_half" not in own.stdout
