"""`gpuenv build torch==VERSION --print`: the script for the target, or why no script can help."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.command import gpuenv

MATRIX = Path(__file__).parents[2] / "matrices" / "2026.11"
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
            "torch==2.9.1 --target rtx-5090 --platform windows-x86_64",
            "script-is-for-linux",
            "the script is for Linux, not for windows-x86_64",
            ["gpuenv build torch==2.9.1 --target rtx-5090 --platform linux-x86_64 --print --python 3.12 --json"],
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
    ids=[
        *("version", "cpu", "driver-too-old", "driver-too-new", "windows", "release-too-old"),
        *("no-toolkit", "no-toolkit-driver"),
    ],
)
def test_what_no_script_can_help_is_refused_with_a_command_that_works(
    tmp_path: Path, asked: str, code: str, message: str, hints: list[str]
) -> None:
    place = PLACE[2:] if "--platform" in asked else PLACE
    ran = gpuenv("build", *asked.split(), "--print", *place, "--json", cwd=tmp_path)
    rest = f"--print {' '.join(PLACE)} --json"
    assert ran.envelope["errors"] == [
        {"code": code, "message": message, "hints": [hint.replace("{rest}", rest) for hint in hints]}
    ]
    for hint in hints:
        words = hint.replace("{rest}", rest).split()[1:]
        if words[0] == "build":
            assert gpuenv(*words, cwd=tmp_path).exit_code == 0


def test_gpus_that_no_driver_drives_together_get_a_script_for_one_of_them(tmp_path: Path) -> None:
    shutil.copytree(MATRIX, tmp_path / "matrix")
    rows = (tmp_path / "matrix" / "architectures.toml").read_text(encoding="utf-8")
    pascal = rows.partition('capability = "6.1"')[2].partition("[[architecture]]")[0]
    ended = pascal.replace("maximum_driver_branch = 580", "maximum_driver_branch = 550")
    assert ended != pascal
    (tmp_path / "matrix" / "architectures.toml").write_text(rows.replace(pascal, ended), encoding="utf-8")
    options = ("--driver", "575.57.08", *PLACE, "--matrix", str(tmp_path / "matrix"), "--json")
    ran = gpuenv("build", "torch==2.9.1", "--print", "--target", "gtx-1080,rtx-5090", *options, cwd=tmp_path)
    (told,) = ran.envelope["errors"]
    assert told == {
        "code": "script-needs-two-drivers",
        "message": f"no driver drives all of {GTX_1080}, {RTX_5090}: one of them needs 570 or newer, another at most"
        " 550",
        "hints": [f"gpuenv build torch==2.9.1 --print --target rtx-5090 {' '.join(options)}"],
    }
    assert gpuenv(*told["hints"][0].split()[1:], cwd=tmp_path).exit_code == 0
