"""`gpuenv build torch==VERSION --print`: the script for the target, or why no script can help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.command import gpuenv

if TYPE_CHECKING:
    from pathlib import Path

GTX_1080 = "NVIDIA GeForce GTX 1080 (6.1)"
RTX_5090 = "NVIDIA GeForce RTX 5090 (12.0)"
PLACE = ("--platform", "linux-x86_64", "--python", "3.12")


def test_the_script_that_builds_torch_is_written_for_the_target(tmp_path: Path) -> None:
    target = ("--target", "rtx-5090", "--driver", "580.95.05", *PLACE)
    ran = gpuenv("build", "torch==2.9.1", "--print", *target, cwd=tmp_path)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.startswith("#!/usr/bin/env bash\n")
    assert 'export TORCH_CUDA_ARCH_LIST="12.0"' in ran.stdout
    assert 'CUDA="13.0"' in ran.stdout
    as_json = gpuenv("build", "torch==2.9.1", "--print", *target, "--json", cwd=tmp_path)
    assert as_json.envelope["data"] == {"changed": False, "script": ran.stdout, "warnings": []}


def test_a_version_that_the_matrix_does_not_know_is_built_as_the_one_before_it_and_that_is_said(tmp_path: Path) -> None:
    ran = gpuenv("build", "torch==9.9.9", "--print", "--target", "rtx-5090", *PLACE, "--json", cwd=tmp_path)
    assert ran.exit_code == 0
    assert ran.envelope["data"]["warnings"] == [
        {
            "code": "torch-version-not-known",
            "message": "torch 9.9.9 is not in matrix 2026.11: the script takes the CUDA and the C++ of 2.15.0 for it",
            "hints": [f"gpuenv build torch==2.15.0 --print --target rtx-5090 {' '.join(PLACE)} --json"],
        }
    ]
    assert 'VERSION="9.9.9"' in ran.envelope["data"]["script"]
    assert 'CUDA="13.2"' in ran.envelope["data"]["script"]


@pytest.mark.parametrize(
    ("asked", "code", "message", "hints"),
    [
        (
            "torch --target rtx-5090",
            "print-is-for-torch",
            "--print writes the script that builds PyTorch: one version of it has to be named",
            ["gpuenv build torch==2.9.1 --print --target rtx-5090"],
        ),
        (
            "torch==2.9.1 --target cpu",
            "script-needs-gpu",
            "the script builds PyTorch for GPUs, and cpu has none; for a CPU nothing has to be compiled",
            ["gpuenv install torch==2.9.1 --target cpu", "gpuenv build torch==2.9.1 --target rtx-5090 {rest}"],
        ),
        (
            "torch==2.9.1 --target rtx-5090 --driver 550.54.15",
            "script-needs-driver",
            f"driver 550.54.15 does not run PyTorch 2.9.1 on {RTX_5090}, however it is built; 570.26 does",
            ["gpuenv build torch==2.9.1 --target rtx-5090 --driver 570.26 {rest}"],
        ),
        (
            "torch==2.9.1 --target gtx-1080 --driver 595.58.03",
            "script-needs-driver",
            f"driver 595.58.03 does not run PyTorch 2.9.1 on {GTX_1080}, however it is built; 580 does",
            ["gpuenv build torch==2.9.1 --target gtx-1080 --driver 580 {rest}"],
        ),
        (
            "torch==1.5.0 --target rtx-5090",
            "no-cuda-for-gpus",
            "no CUDA that torch 1.5.0 is built with compiles for all of NVIDIA GeForce RTX 5090 (12.0)",
            ["gpuenv build torch==2.15.0 --print --target rtx-5090"],
        ),
        (
            "torch==2.9.1 --target tesla-k80,rtx-5090",
            "no-cuda-for-gpus",
            f"no CUDA that torch 2.9.1 is built with compiles for all of Tesla K80 (3.7), {RTX_5090}",
            ["gpuenv build torch==2.9.1 --target rtx-5090 {rest}"],
        ),
        (
            "torch==2.9.1 --target tesla-k80,rtx-5090 --driver 580.95.05",
            "no-cuda-for-gpus",
            f"no CUDA that torch 2.9.1 is built with compiles for all of Tesla K80 (3.7), {RTX_5090}",
            ["gpuenv build torch==2.9.1 --target rtx-5090 --driver 580.95.05 {rest}"],
        ),
    ],
    ids=["version", "cpu", "driver-too-old", "driver-too-new", "release-too-old", "no-toolkit", "no-toolkit-driver"],
)
def test_what_no_script_can_help_is_refused_with_a_command_that_works(
    tmp_path: Path, asked: str, code: str, message: str, hints: list[str]
) -> None:
    ran = gpuenv("build", *asked.split(), "--print", *PLACE, "--json", cwd=tmp_path)
    rest = f"--print {' '.join(PLACE)} --json"
    assert ran.envelope["errors"] == [
        {"code": code, "message": message, "hints": [hint.replace("{rest}", rest) for hint in hints]}
    ]
    for hint in hints:
        words = hint.replace("{rest}", rest).split()[1:]
        if words[0] == "build":
            assert gpuenv(*words, cwd=tmp_path).exit_code == 0
