from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from support.fake_torch import add_distribution, make_environment, make_pretended_gpu
from support.torch_environment import torch_environment  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path


def verify(*arguments: str | Path, gpus: str, exit_code: int, **environ: str) -> dict[str, Any]:
    """Run the command on a machine with these GPUs and read its envelope."""
    ran = subprocess.run(
        [sys.executable, "-m", "gpuenv", "verify", "--json", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "GPUENV_GPUS": gpus, "GPUENV_DRIVER": "580.95.05", "GPUENV_LANG": "en", **environ},
    )
    assert ran.returncode == exit_code, ran.stderr + ran.stdout
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def test_a_cpu_build_on_a_machine_without_gpu_passes_the_cpu_checks(torch_environment: Path) -> None:  # noqa: F811
    answer = verify("--venv", torch_environment, gpus="none", exit_code=0)
    assert (answer["status"], answer["data"]["device"], answer["errors"]) == ("ok", "cpu", [])
    assert {check["status"] for check in answer["data"]["checks"]} == {"passed", "skipped"}
    assert [warning["code"] for warning in answer["data"]["warnings"]] == ["checked-on-cpu"]
    kept = json.loads((torch_environment / ".gpuenv" / "verification.json").read_text())
    assert kept["profile"] == answer["data"]["profile"]


def test_a_gpu_build_on_a_machine_without_gpu_has_nothing_to_run_on(tmp_path: Path) -> None:
    make_environment(tmp_path, "no_kernel_image")
    add_distribution(tmp_path, "torch", "2.9.1+cu130")
    answer = verify("--venv", tmp_path, gpus="none", exit_code=4)
    assert (answer["status"], answer["data"]["checks"]) == ("unverified", [])
    assert [error["code"] for error in answer["errors"]] == ["no-gpu-to-check", "no-gpu"]
    assert answer["errors"][0]["hints"] == [f"gpuenv verify --venv {tmp_path} --target cpu"]


def test_a_gpu_that_was_asked_for_and_is_not_there_is_nothing_to_run_on(torch_environment: Path) -> None:  # noqa: F811
    answer = verify("--venv", torch_environment, "--target", "current-gpu", gpus="none", exit_code=4)
    assert [error["code"] for error in answer["errors"]] == ["no-gpu-to-check", "no-gpu"]


def test_an_environment_without_torch_has_nothing_to_check(tmp_path: Path) -> None:
    make_environment(tmp_path, "cpu_build")
    answer = verify("--venv", tmp_path, gpus="none", exit_code=4)
    assert [error["code"] for error in answer["errors"]] == ["nothing-to-check"]


def test_a_cpu_build_on_a_machine_with_a_gpu_fails(tmp_path: Path) -> None:
    make_environment(tmp_path, "cpu_build")
    add_distribution(tmp_path, "torch", "2.9.1+cpu")
    answer = verify("--venv", tmp_path, gpus="rtx-5090", exit_code=3)
    assert answer["status"] == "failed"
    assert answer["errors"] == [
        {
            "code": "check-cpu-build-on-gpu-target",
            "message": "the installed torch cannot use NVIDIA GeForce RTX 5090 (12.0): torch 2.9.1+cpu is a CPU build",
            "hints": [f"gpuenv install --venv {tmp_path}"],
        }
    ]


def test_a_build_without_code_for_the_gpu_fails(tmp_path: Path) -> None:
    make_environment(tmp_path, "no_kernel_image")
    add_distribution(tmp_path, "torch", "2.9.1+cu130")
    answer = verify("--venv", tmp_path, gpus="gtx-1080-ti", exit_code=3)
    assert [error["code"] for error in answer["errors"]] == ["check-no-code-in-build", "check-no-kernel-image"]


def test_the_selected_gpu_alone_is_checked_and_required_capabilities_decide(
    tmp_path: Path,
    torch_environment: Path,  # noqa: F811
) -> None:
    make_pretended_gpu(tmp_path, torch_environment, {"rfft": "cuFFT error: CUFFT_INTERNAL_ERROR"})
    add_distribution(tmp_path, "torch", "2.13.0+cu130")
    answer = verify("--venv", tmp_path, "--gpu", "1", "--require", "fp16", gpus="sm_120,sm_120", exit_code=0)
    assert {check["gpu"] for check in answer["data"]["checks"]} == {"1"}
    assert answer["data"]["profile"]["fft"] == "fails"
    assert answer["errors"] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--target", "rtx-5090"), "verify-target-not-here"),
        (("--require", "fp61"), "unknown-capability"),
        (("--timeout", "soon"), "timeout-invalid"),
        (("--timeout", "-1"), "timeout-invalid"),
        (("--gpu", "7"), "unknown-gpu-selector"),
    ],
)
def test_bad_arguments_are_usage_errors(tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    make_environment(tmp_path, "no_kernel_image")
    add_distribution(tmp_path, "torch", "2.9.1+cu130")
    answer = verify("--venv", tmp_path, *arguments, gpus="rtx-5090", exit_code=2)
    assert [error["code"] for error in answer["errors"]] == [code]
