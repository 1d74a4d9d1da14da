"""A real CPU build of torch, where pip's configuration leads to one: installed, proven, kept, undone."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from support.command import gpuenv
from support.small_environments import python_of
from support.torch_environment import REQUIREMENT, torch_environment

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["torch_environment"]

pytestmark = pytest.mark.usefixtures("torch_environment")  # skips with its reason where no CPU build can be had

NO_GPU = {"GPUENV_GPUS": "none"}


def test_a_machine_without_a_gpu_gets_a_cpu_torch_that_is_proven_and_kept(tmp_path: Path) -> None:
    arguments = ("install", REQUIREMENT, "--target", "auto", "--venv", "env", "--json")
    done = gpuenv(*arguments, cwd=tmp_path, environ=NO_GPU)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert done.envelope["status"] == "ok"
    assert done.envelope["data"]["changed"] is True
    assert "cpu-because-no-gpu" in [warning["code"] for warning in done.envelope["data"]["warnings"]]
    subprocess.run([python_of(tmp_path / "env"), "-W", "ignore", "-c", "import torch"], check=True)

    proof = gpuenv("verify", "--venv", "env", "--json", cwd=tmp_path, environ=NO_GPU)
    assert proof.exit_code == 0, proof.stdout
    checks = {check["name"]: check["status"] for check in proof.envelope["data"]["checks"]}
    assert checks["torch-import"] == checks["torch-matmul-float32"] == "passed"
    assert "failed" not in checks.values()

    again = gpuenv(*arguments, cwd=tmp_path, environ=NO_GPU)
    assert again.exit_code == 0
    assert again.envelope["data"]["changed"] is False
    assert [step["action"] for step in again.envelope["data"]["steps"]] == ["keep"]
