"""What people type by mistake is understood, or answered with the command that they meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def gpuenv(*arguments: str, cwd: Path, stdin: bytes = b"", language: str = "en") -> subprocess.CompletedProcess[bytes]:
    inherited = {name: text for name, text in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    return subprocess.run(
        [sys.executable, "-m", "gpuenv", *arguments],
        check=False,
        capture_output=True,
        cwd=cwd,
        input=stdin,
        env={**inherited, "GPUENV_GPUS": "none", "GPUENV_LANG": language},
    )


def test_a_lone_dash_reads_standard_input(tmp_path: Path) -> None:
    ran = gpuenv("diagnose", "-", cwd=tmp_path, stdin=b"AssertionError: Torch not compiled with CUDA enabled\n")
    assert ran.returncode == 1
    assert b"[cpu-build-installed]" in ran.stdout


def test_a_log_named_like_a_command_is_told_its_option(tmp_path: Path) -> None:
    (tmp_path / "err.log").write_text("x", encoding="utf-8")
    ran = gpuenv("diagnose", "err.log", cwd=tmp_path)
    assert ran.returncode == 2
    assert b"hint: gpuenv diagnose --log err.log" in ran.stderr


@pytest.mark.parametrize(("language", "unknown"), [("en", "(not told)"), ("zh", "（未说明）")])  # noqa: RUF001 - Chinese
def test_a_fact_that_nobody_told_is_left_out(tmp_path: Path, language: str, unknown: str) -> None:
    text = b"FATAL: this function is for sm80, but was built for sm370"
    ran = gpuenv("diagnose", "-", cwd=tmp_path, language=language, stdin=text)
    assert ran.stdout
    assert unknown not in ran.stdout.decode()


def test_a_line_that_was_cut_off_is_known(tmp_path: Path) -> None:
    ran = gpuenv("diagnose", "-", cwd=tmp_path, stdin=b"RuntimeError: CUDA error: no kernel image is available\n")
    assert ran.returncode == 1
    assert b"[architecture-too-new-for-build]" in ran.stdout


def test_a_build_of_an_application_or_without_a_gpu_gets_a_command_that_helps(tmp_path: Path) -> None:
    ran = gpuenv("build", "app:gaussian-splatting", cwd=tmp_path)
    assert ran.returncode == 2
    assert b"hint: gpuenv install app:gaussian-splatting" in ran.stderr
    ran = gpuenv("build", "torch==2.9.1", "--print", cwd=tmp_path)
    assert ran.returncode == 1
    assert b"hint: gpuenv build torch==2.9.1 --print --target rtx-5090" in ran.stderr
    assert b"--target cpu" not in ran.stderr


def test_the_check_up_says_in_words_that_there_is_no_gpu(tmp_path: Path) -> None:
    assert b"machine: no NVIDIA GPU, linux-x86_64" in gpuenv("diagnose", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (("instal", "torch<2.10"), "unknown-command", 'gpuenv install "torch<2.10"'),
        (("plan", "torch", "--targt", "rtx-5090"), "option-misspelt", "gpuenv plan torch --target rtx-5090"),
        (("plan", "--platform", "windows-x86"), "choice-unknown", "gpuenv plan --platform windows-x86_64"),
        (("matrix", "shw", "--arch", "sm_120"), "choice-unknown", "gpuenv matrix show --arch sm_120"),
        (("plan", "-q", "-v", "torch"), "options-clash", "gpuenv plan -q torch"),
        (("undo", "everything"), "argument-unknown", "gpuenv undo"),
        (("detect", "--zzz"), "option-unknown", "gpuenv detect --help"),
        (("plan", "--target"), "option-needs-value", "gpuenv plan --help"),
        (("matrix",), "argument-missing", "gpuenv matrix --help"),
        (("run", "--venv", "env"), "nothing-to-run", "gpuenv run --venv env -- python"),
        (("run", "--print", "sh", "--", "python"), "run-prints-or-runs", "gpuenv run -- python"),
        (("plan", "torch", "--locked", "locks"), "locked-stands-alone", "gpuenv plan --locked locks"),
        (("plan", "--target", "rtx-509,h100"), "unknown-gpu", 'gpuenv plan --target "NVIDIA GeForce RTX 5090,h100"'),
        (
            ("plan", "torch", "--target", "sm_75..sm_90", "--venv", "env"),
            "range-is-for-lock",
            "gpuenv lock torch --target sm_75..sm_90",
        ),
        (
            ("install", "torch", "--target", "sm_75..sm_90", "--yes"),
            "range-is-for-lock",
            "gpuenv install torch --target sm_75 --yes",
        ),
        (
            ("plan", "torch @ https://x.org/torch-2.9.1%2Bcu130-cp311-cp311-linux_x86_64.whl", "--target", "h100"),
            "family-by-address",
            "gpuenv plan torch==2.9.1+cu130 --target h100",
        ),
        (("plan", "torch", "--target", "cpu", "--gpu", "3"), "gpu-beside-cpu-target", "gpuenv plan torch --target cpu"),
        (("--gpu", "3", "plan", "torch<3"), "option-before-command", 'gpuenv plan "torch<3" --gpu 3'),
        (("-q", "doctor"), "option-before-command", "gpuenv doctor -q"),
        (("lock", "--init", "--check"), "options-clash", "gpuenv lock --init"),
        (("lock", "torch", "--check", "--vendor", "w"), "options-clash", "gpuenv lock torch --check"),
        (
            ("lock", "torch", "--target", "h100", "-o", "x.toml"),
            "lock-name-is-toml",
            "gpuenv lock torch --target h100 -o x.txt",
        ),
    ],
)
def test_a_slip_is_answered_with_the_whole_command_that_was_meant(
    arguments: tuple[str, ...], code: str, hint: str, tmp_path: Path
) -> None:
    ran = gpuenv(*arguments, cwd=tmp_path)
    lines = ran.stderr.decode().splitlines()
    assert ran.returncode == 2
    assert lines[0].endswith(f"[{code}]")
    assert f"  hint: {hint}" in lines
    assert ran.stdout == b""


def test_options_of_lock_that_clash_are_told_in_the_language_of_the_user(tmp_path: Path) -> None:
    ran = gpuenv("lock", "--init", "--upgrade-package", "six", cwd=tmp_path, language="zh")
    assert ran.stderr.decode().splitlines() == [
        "错误：--init 与 --upgrade-package 不能同时使用 [options-clash]",  # noqa: RUF001 - Chinese punctuation
        "  提示：gpuenv lock --init",  # noqa: RUF001 - Chinese punctuation
        "  提示：gpuenv lock --upgrade-package six",  # noqa: RUF001 - Chinese punctuation
    ]


def test_an_option_before_the_command_is_told_its_place_in_json_too(tmp_path: Path) -> None:
    ran = gpuenv("--json", "plan", "torch", cwd=tmp_path)
    assert json.loads(ran.stdout) == {
        "schema": 1,
        "command": "plan",
        "status": "failed",
        "exit_code": 2,
        "data": {},
        "errors": [
            {
                "code": "option-before-command",
                "message": "--json stands before the command: options stand behind it",
                "hints": ["gpuenv plan torch --json", "gpuenv --help"],
            }
        ],
    }


def test_a_package_that_has_no_code_for_the_card_is_refused_with_the_command_without_it(tmp_path: Path) -> None:
    typed = ("--target", "gtx-1080-ti", "--python", "3.12", "--offline")
    ran = gpuenv("plan", "vllm", "torch", *typed, cwd=tmp_path)
    assert ran.returncode == 1
    lines = ran.stderr.decode().splitlines()
    assert (
        "error: vllm: its wheels have no code for NVIDIA GeForce GTX 1080 Ti (6.1), and its users cannot compile it"
        " [extension-never-serves-gpu]" in lines
    )
    hint = f"gpuenv plan torch {' '.join(typed)}"
    assert f"    hint: {hint}" in lines
    assert gpuenv(*hint.split()[1:], cwd=tmp_path).returncode == 0


def test_a_program_that_does_not_exist_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    ran = gpuenv("diagnose", "--", "pythonn3", "app.py", "--target", "x", cwd=tmp_path)
    assert ran.returncode == 1
    assert b"[program-not-found]" in ran.stderr
    assert b"hint: gpuenv diagnose -- python" in ran.stderr
    assert b"app.py --target x" in ran.stderr


def test_requirements_may_stand_between_options(tmp_path: Path) -> None:
    ran = gpuenv("plan", "torch", "--offline", "--target", "rtx-5090", "torchvision", cwd=tmp_path)
    assert ran.returncode == 0
    assert b"torchvision" in ran.stdout


@pytest.mark.parametrize("verb", ["plan", "lock"])
def test_the_way_out_of_a_conflict_is_the_command_that_was_typed(verb: str, tmp_path: Path) -> None:
    typed = ("--target", "gtx-1080-ti", "--driver", "580.95.05", "--python", "3.12", "--offline")
    ran = gpuenv(verb, "torch>=2.15", *typed, cwd=tmp_path)
    assert ran.returncode == 1
    assert f"hint: gpuenv {verb} torch==2.14.1 {' '.join(typed)}".encode() in ran.stderr
