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


def verify(
    *arguments: str | Path, gpus: str, exit_code: int, cwd: Path | None = None, **environ: str
) -> dict[str, Any]:
    """Run the command on a machine with these GPUs and read its envelope."""
    ran = subprocess.run(
        [sys.executable, "-m", "gpuenv", "verify", "--json", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
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
    assert answer["errors"] == [
        {
            "code": "no-gpu-to-check",
            "message": f"there is no usable GPU to check {tmp_path} on",
            "hints": [f"gpuenv verify --venv {tmp_path} --target cpu"],
        },
        {"code": "no-gpu", "message": "this machine has no NVIDIA GPU", "hints": []},  # no way to install one
    ]


def test_the_seed_of_an_earlier_run_gives_the_same_numbers_again(torch_environment: Path) -> None:  # noqa: F811
    first, again = (
        verify("--venv", torch_environment, "--seed", "7", "--require", "fp32,nvrtc,ort", gpus="none", exit_code=3)
        for _ in range(2)
    )
    assert first["data"]["facts"]["seed"] == "7"
    told = [[(check["name"], check["detail"]) for check in run["data"]["checks"]] for run in (first, again)]
    assert told[0] == told[1]
    assert [(error["code"], error["hints"][0].partition(" --venv")[0]) for error in first["errors"]] == [
        ("capability-absent", "gpuenv install onnxruntime-gpu"),
        ("capability-needs-gpu", "gpuenv verify --json"),
    ]


def test_a_gpu_that_was_asked_for_and_is_not_there_is_nothing_to_run_on(torch_environment: Path) -> None:  # noqa: F811
    answer = verify("--venv", torch_environment, "--target", "current-gpu", gpus="none", exit_code=4)
    assert [error["code"] for error in answer["errors"]] == ["no-gpu-to-check", "no-gpu"]


@pytest.mark.parametrize("target", [(), ("--target", "auto")])
def test_the_cpu_is_no_answer_to_a_gpu_that_was_selected(torch_environment: Path, target: tuple[str, ...]) -> None:  # noqa: F811
    answer = verify("--venv", torch_environment, "--gpu", "0", *target, gpus="none", exit_code=4)
    assert [error["code"] for error in answer["errors"]] == ["no-gpu-to-check", "no-gpu"]


def test_kernels_of_torch_itself_are_no_extension_whatever_is_written_of_its_build(
    tmp_path: Path,
    torch_environment: Path,  # noqa: F811
) -> None:
    missing = "CUDA error: no kernel image is available for execution on the device"
    make_pretended_gpu(tmp_path, torch_environment, {"sort": missing})
    add_distribution(tmp_path, "torch", "2.13.0+cu130")  # whose row has sm_120
    answer = verify("--venv", tmp_path, gpus="rtx-5090", exit_code=3)
    assert [cause["code"] for cause in answer["data"]["causes"]] == ["architecture-too-new-for-build"]
    assert answer["errors"] == [
        {
            "code": "check-no-kernel-image",
            "message": "the build has no code for NVIDIA GeForce RTX 5090 (12.0): torch-sort ended with"
            " `no kernel image is available`",
            "hints": [f"gpuenv install --venv {tmp_path}", f"gpuenv diagnose --venv {tmp_path}"],
        }
    ]


def test_a_command_that_crashed_on_the_cpu_is_no_fault_of_the_cpu_build(
    torch_environment: Path,  # noqa: F811
) -> None:
    command = "python -c 'import os; os.abort()'"
    answer = verify("--venv", torch_environment, "--run", command, gpus="none", exit_code=3)
    assert (answer["data"]["profile"]["commands"], answer["data"]["causes"]) == ("fails", [])


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


def test_the_cause_is_of_the_gpu_that_failed(tmp_path: Path, torch_environment: Path) -> None:  # noqa: F811
    too_old = "nvrtc: error: invalid value for --gpu-architecture (-arch)"
    make_pretended_gpu(tmp_path, torch_environment, {"abs": too_old})
    add_distribution(tmp_path, "torch", "2.13.0+cu130")
    answer = verify("--venv", tmp_path, "--gpu", "1", gpus="gtx-1080-ti,rtx-5080", exit_code=3)
    assert [cause["code"] for cause in answer["data"]["causes"]] == ["nvrtc-too-old-for-gpu"]
    assert "(NVIDIA GeForce RTX 5080 (12.0))" in answer["data"]["causes"][0]["message"]


NO_KERNEL = "CUDA error: no kernel image is available for execution on the device"
NVRTC = "nvrtc: error: invalid value for --gpu-architecture (-arch)"
MEMORY = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB"


@pytest.mark.parametrize(
    ("faults", "failed", "lost", "causes", "workarounds"),
    [
        ({}, {}, (), {}, {}),
        (
            {"cumsum": "foreign-kernel"},
            {"torch-cumsum": "kernel-built-for-other-gpu"},
            ("kernels",),
            {"torch-cumsum": "old-ptx-on-new-gpu"},
            {},
        ),
        (
            {"conv2d": NO_KERNEL, "rfft": "segfault", "abs": NVRTC, "solve": MEMORY, "mm": "wrong"},
            {
                "torch-convolution": "no-kernel-image",
                "torch-convolution-float16": "no-kernel-image",
                "torch-fft": "check-crashed",
                "torch-complex-abs": "nvrtc-failed",
                "torch-solve": "out-of-memory",
                "torch-sparse": "wrong-numbers",
            },
            ("fp16", "convolution", "fft", "nvrtc", "solver", "sparse"),
            {
                "torch-convolution": "extension-lacks-code-for-gpu",  # torch itself has code for the card
                "torch-convolution-float16": "extension-lacks-code-for-gpu",
                "torch-complex-abs": "nvrtc-too-old-for-gpu",
                "torch-solve": "out-of-memory",
            },
            {
                "convolution": "workaround-switch-cudnn-off",
                "fft": "workaround-transform-on-cpu",
                "nvrtc": "workaround-avoid-complex-kernels",
                "sparse": "workaround-multiply-densely",  # a full memory says nothing of the solver
            },
        ),
    ],
    ids=["sound", "foreign kernel", "one of each"],
)
def test_each_failure_is_reported_whole(
    tmp_path: Path,
    torch_environment: Path,  # noqa: F811
    faults: dict[str, str],
    failed: dict[str, str],
    lost: tuple[str, ...],
    causes: dict[str, str],
    workarounds: dict[str, str],
) -> None:
    """What fails, why, what is lost by it and what to do instead; everything else passes, and the record says so."""
    make_pretended_gpu(tmp_path, torch_environment, faults)
    add_distribution(tmp_path, "torch", "2.13.0+cu130")
    answer = verify("--venv", tmp_path, gpus="rtx-5090", exit_code=3 if failed else 0)
    data = answer["data"]
    assert {check["name"]: check["code"] for check in data["checks"] if check["status"] != "passed"} == failed
    assert set(data["checks"][0]) == {"name", "gpu", "status", "code", "detail", "seconds"}
    assert len(data["checks"]) == 27
    assert {name: state for name, state in data["profile"].items() if state != "ok"} == dict.fromkeys(lost, "fails")
    assert [cause["code"] for cause in data["causes"]] == list(dict.fromkeys(causes.values()))
    assert {way["capability"]: way["code"] for way in data["workarounds"]} == workarounds
    assert [error["code"] for error in answer["errors"]] == [
        code if code.startswith("check-") else f"check-{code}" for code in dict.fromkeys(failed.values())
    ]
    assert answer["status"] == ("failed" if failed else "ok")
    details = {check["name"]: check["detail"] for check in data["checks"]}
    assert {name: detail.rsplit("\ncause: ")[1] for name, detail in details.items() if "\ncause: " in detail} == causes
    kept = json.loads((tmp_path / ".gpuenv" / "verification.json").read_text())
    assert (kept["profile"], kept["workarounds"], kept["causes"]) == (
        data["profile"],
        workarounds,
        list(dict.fromkeys(causes.values())),
    )


def test_a_kernel_that_never_ends_is_a_failure_of_its_own(tmp_path: Path) -> None:
    make_environment(tmp_path, "hang")
    add_distribution(tmp_path, "torch", "2.9.1+cu130")
    answer = verify("--venv", tmp_path, "--timeout", "2", gpus="gtx-1080-ti", exit_code=3)
    codes = {check["name"]: check["code"] for check in answer["data"]["checks"] if check["status"] == "failed"}
    assert [name for name, code in codes.items() if code == "check-timed-out"] == ["torch-sort"]
    hung = next(error for error in answer["errors"] if error["code"] == "check-timed-out")
    assert hung["message"].startswith("torch-sort did not end on NVIDIA GeForce GTX 1080 Ti (6.1): no answer in 2 s")
    assert hung["hints"] == [f"gpuenv verify --json --venv {tmp_path} --timeout 600"]
    assert answer["data"]["profile"]["kernels"] == "fails"


def test_a_session_that_took_the_cpu_names_the_other_cuda(tmp_path: Path) -> None:
    make_environment(tmp_path, "ort_silent_cpu")
    add_distribution(tmp_path, "onnxruntime-gpu", "1.18.1")
    answer = verify("--venv", tmp_path, "--require", "ort", gpus="rtx-5090", exit_code=3)
    assert (answer["data"]["profile"], answer["data"]["unproven"]) == ({"ort": "fails"}, ["ort"])
    assert [cause["code"] for cause in answer["data"]["causes"]] == ["onnxruntime-other-cuda-major"]
    assert [error["code"] for error in answer["errors"]] == ["check-silent-cpu-session"]


def test_the_projects_commands_run_beside_those_of_the_command_line(tmp_path: Path) -> None:
    project, root = tmp_path / "project", tmp_path / "env"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        "[tool.gpuenv]\nextensions = ['my-ext']\nverify.commands = ['python -c \"print(1)\"']\n"
    )
    make_environment(root, "cpu_build")
    warning = (
        "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation."
    )
    command = f"python -c 'print(\"{warning}\")'"
    answer = verify("--venv", root, "--run", command, gpus="rtx-5090", exit_code=3, cwd=project)
    found = {check["name"]: (check["status"], check["code"]) for check in answer["data"]["checks"]}
    assert found == {
        "import: my-ext": ("failed", "command-failed"),
        'command: python -c "print(1)"': ("passed", None),
        f"command: {command}": ("failed", "command-printed-error"),
    }
    assert answer["data"]["profile"] == {"extensions": "fails", "commands": "fails"}
    printed = next(check for check in answer["data"]["checks"] if check["name"] == f"command: {command}")
    assert printed["detail"].endswith("cause: architecture-too-new-for-build")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--target", "rtx-5090"), "verify-target-not-here"),
        (("--require", "fp61"), "unknown-capability"),
        (("--timeout", "soon"), "timeout-invalid"),
        (("--timeout", "-1"), "timeout-invalid"),
        (("--seed", "x"), "seed-invalid"),
        (("--seed", "2147483648"), "seed-invalid"),
        (("--gpu", "7"), "unknown-gpu-selector"),
    ],
)
def test_bad_arguments_are_usage_errors(tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    make_environment(tmp_path, "no_kernel_image")
    add_distribution(tmp_path, "torch", "2.9.1+cu130")
    answer = verify("--venv", tmp_path, *arguments, gpus="rtx-5090", exit_code=2)
    assert [error["code"] for error in answer["errors"]] == [code]
