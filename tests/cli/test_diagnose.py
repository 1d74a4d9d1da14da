from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from typing import TYPE_CHECKING, Any

import pytest

from support.fake_torch import add_distribution, make_environment

if TYPE_CHECKING:
    from pathlib import Path

NO_KERNEL = "RuntimeError: CUDA error: no kernel image is available for execution on the device\n"
RTX_5090 = "NVIDIA GeForce RTX 5090"


def run(
    *arguments: str | Path, cwd: Path, gpus: str = "none", stdin: bytes = b"", **environ: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command where no environment is active, on a machine with these GPUs."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    stated = {"GPUENV_GPUS": gpus, "GPUENV_DRIVER": "580.95.05", "GPUENV_LANG": "en"}
    return subprocess.run(
        [sys.executable, "-m", "gpuenv", "diagnose", *arguments],
        check=False,
        capture_output=True,
        cwd=cwd,
        input=stdin,
        env={**inherited, **stated, **environ},
    )


def diagnosed(
    *arguments: str | Path, cwd: Path, exit_code: int, gpus: str = "none", stdin: bytes = b""
) -> dict[str, Any]:
    ran = run("--json", *arguments, cwd=cwd, gpus=gpus, stdin=stdin)
    assert ran.returncode == exit_code, ran.stderr.decode() + ran.stdout.decode()
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


@pytest.fixture(scope="module")
def cpu_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with a CPU build of torch, as far as its metadata goes."""
    root = tmp_path_factory.mktemp("diagnose") / "env"
    venv.EnvBuilder(symlinks=os.name == "posix", with_pip=False).create(root)
    site_packages = next(root.glob("lib/python*/site-packages"), root / "Lib" / "site-packages")
    info = site_packages / "torch-2.9.1+cpu.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 2.9.1+cpu\n", encoding="utf-8")
    (info / "RECORD").write_text("", encoding="utf-8")
    return root


def test_a_log_gets_its_one_cause_in_the_words_of_the_contract(tmp_path: Path) -> None:
    (tmp_path / "error.txt").write_text(f"torch 2.6.0+cu124\nGPU: {RTX_5090}\n{NO_KERNEL}", encoding="utf-8")
    answer = diagnosed("--log", "error.txt", cwd=tmp_path, exit_code=1)
    assert (answer["command"], answer["status"], answer["errors"]) == ("diagnose", "failed", [])
    assert answer["data"]["primary"] == {
        "code": "architecture-too-new-for-build",
        "cause_class": "arch-too-new-for-build",
        "message": "the installed PyTorch (torch 2.6.0+cu124) is older than the GPU (RTX 5090 (12.0)): it has no"
        " machine code for it",
        "confidence": "medium",
        "evidence": [NO_KERNEL.strip(), "torch 2.6.0+cu124"],
        "hints": ["gpuenv install", answer["data"]["primary"]["hints"][1]],
    }
    build = answer["data"]["repair"]["resolution"]["torch"]
    assert answer["data"]["repair"]["kind"] == "install"
    assert answer["data"]["primary"]["hints"][1].startswith(f"gpuenv plan torch=={build['version']}")
    assert "--target sm_120 --platform linux-x86_64" in answer["data"]["primary"]["hints"][1]
    assert (answer["data"]["others"], answer["data"]["host"], answer["data"]["environment"]) == ([], None, None)


def test_standard_input_may_be_of_any_code_page(tmp_path: Path) -> None:
    log = "AssertionError: Torch not compiled with CUDA enabled".encode("utf-16")
    answer = diagnosed("--log", "-", cwd=tmp_path, stdin=log, exit_code=1)
    assert answer["data"]["primary"]["cause_class"] == "cpu-only-build"


def test_a_text_without_a_gpu_fault_is_no_failure(tmp_path: Path) -> None:
    answer = diagnosed("--log", "-", cwd=tmp_path, stdin=b"KeyError: 'price'\n", exit_code=0)
    assert (answer["status"], answer["data"]["primary"]) == ("ok", None)
    assert answer["data"]["verdict"]["code"] == "no-known-cause"


def test_a_described_machine_decides_what_the_text_leaves_open(tmp_path: Path) -> None:
    arguments = ("--log", "-", "--target", "gtx-1080-ti", "--driver", "580.95.05")
    answer = diagnosed(*arguments, cwd=tmp_path, stdin=NO_KERNEL.encode(), exit_code=1)
    assert answer["data"]["primary"]["code"] == "architecture-dropped-by-build"


def test_a_command_is_run_shown_and_diagnosed(tmp_path: Path) -> None:
    script = "import sys; print('starting'); sys.exit('operator torchvision::nms does not exist')"
    ran = run("--json", "--", sys.executable, "-c", script, cwd=tmp_path)
    answer = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert "starting" in ran.stderr.decode()
    assert answer["data"]["primary"]["code"] == "torchvision-for-another-torch"
    assert answer["data"]["command"] == {"argv": [sys.executable, "-c", script], "exit_code": 1}


def test_the_check_up_compares_the_environment_with_the_machine(cpu_environment: Path, tmp_path: Path) -> None:
    answer = diagnosed("--venv", cpu_environment, cwd=tmp_path, gpus=RTX_5090, exit_code=1)
    assert answer["data"]["primary"]["code"] == "cpu-build-installed"
    assert [gpu["name"] for gpu in answer["data"]["host"]["gpus"]] == [RTX_5090]


def test_the_check_up_of_a_machine_without_gpu_finds_a_cpu_build_in_order(
    cpu_environment: Path, tmp_path: Path
) -> None:
    answer = diagnosed("--venv", cpu_environment, cwd=tmp_path, exit_code=0)
    assert (answer["data"]["primary"], answer["data"]["verdict"]["code"]) == (None, "checkup-fine")


def test_the_check_up_without_environment_says_what_to_type(tmp_path: Path) -> None:
    ran = run(cwd=tmp_path, gpus=RTX_5090)
    assert ran.returncode == 0
    assert "[checkup-no-environment]" in ran.stdout.decode()
    assert ran.stdout.decode().endswith("next:\n  gpuenv install --target auto\n")


def test_one_screen_names_cause_confidence_evidence_and_the_next_command(tmp_path: Path) -> None:
    ran = run("--log", "-", cwd=tmp_path, stdin=b"AssertionError: Torch not compiled with CUDA enabled\n")
    assert ran.stdout.decode() == (
        "the installed PyTorch (torch) is a CPU build: it cannot use any GPU [cpu-build-installed]\n"
        "confidence: high\n"
        "because:\n"
        "  AssertionError: Torch not compiled with CUDA enabled\n"
        "which build mends this depends on the GPU, which is not known here: `gpuenv install` reads it on the machine\n"
        "next:\n"
        "  gpuenv install\n"
        "  gpuenv detect\n"
    )


def test_the_check_up_says_of_a_machine_without_gpu_that_no_kernels_were_run(
    cpu_environment: Path, tmp_path: Path
) -> None:
    answer = diagnosed("--venv", cpu_environment, cwd=tmp_path, exit_code=0)
    assert answer["data"]["kernels"]["status"] == "not-run"
    assert answer["data"]["kernels"]["reason"]["code"] == "kernels-without-gpu"
    assert answer["data"]["libraries"]["faults"] == []
    shown = run("--venv", cpu_environment, cwd=tmp_path).stdout.decode()
    assert "kernels: not run: this machine has no NVIDIA GPU\n" in shown
    assert shown.count("\n") < 24


def test_the_check_up_runs_kernels_and_reads_the_cause_from_what_they_say(tmp_path: Path) -> None:
    make_environment(tmp_path / "env", "no_kernel_image")
    add_distribution(tmp_path / "env", "torch", "2.7.1+cu118")
    answer = diagnosed("--venv", "env", cwd=tmp_path, gpus="Tesla P100-PCIE-16GB", exit_code=1)
    assert answer["data"]["kernels"]["status"] == "failed"
    assert answer["data"]["primary"]["cause_class"] in {"arch-dropped-by-build", "extension-arch-missing"}
    assert answer["data"]["primary"]["hints"]


def test_kernels_of_torch_that_fail_count_more_than_what_is_written_of_the_build(tmp_path: Path) -> None:
    make_environment(tmp_path / "env", "no_kernel_image")
    add_distribution(tmp_path / "env", "torch", "2.9.1+cu128")
    answer = diagnosed("--venv", "env", cwd=tmp_path, gpus=RTX_5090, exit_code=1)
    assert answer["data"]["primary"]["code"] == "architecture-too-new-for-build"
    chosen = answer["data"]["repair"]["resolution"]["torch"]["local"]
    assert chosen != "2.9.1+cu128"
    assert answer["data"]["primary"]["hints"][0] == f"gpuenv install torch=={chosen} --venv env"


def test_hints_mean_the_environment_that_was_named(cpu_environment: Path, tmp_path: Path) -> None:
    answer = diagnosed("--venv", cpu_environment, cwd=tmp_path, gpus=RTX_5090, exit_code=1)
    hints = answer["data"]["primary"]["hints"]
    assert hints[0] == f"gpuenv install --venv {cpu_environment}"
    assert answer["data"]["repair"]["resolution"]["torch"]["version"] == "2.9.1"


def test_causes_that_the_facts_do_not_part_come_with_the_command_that_does(tmp_path: Path) -> None:
    answer = diagnosed("--log", "-", cwd=tmp_path, stdin=NO_KERNEL.encode(), exit_code=1)
    undecided = answer["data"]["undecided"]
    assert undecided["causes"] == ["architecture-dropped-by-build", "extension-lacks-code-for-gpu"]
    assert undecided["hints"] == ["gpuenv verify"]


def test_a_user_who_reads_chinese_gets_every_line_in_chinese(tmp_path: Path) -> None:
    ran = run("--log", "-", cwd=tmp_path, stdin=f"GPU: RTX 5090\n{NO_KERNEL}".encode(), GPUENV_LANG="zh")
    lines = ran.stdout.decode().splitlines()
    own = [line for line in lines if not line.startswith("  ")]
    assert own
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in line) for line in own), own


@pytest.mark.parametrize(
    "line",
    [
        "/home/anna/env/libtorchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv",
        "/Users/anna/app/libtorchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv",
        r"C:\Users\Anna Berg\x\libtorchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv",
        "C:/Users/anna/libtorchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv",
        "anna@anna-desktop:~$ libtorchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv",
        "user=anna host=anna-pc libtorchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv",
        "libtorchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv on workhorse of anna",
    ],
)
def test_a_report_leaves_out_who_and_where(line: str, tmp_path: Path) -> None:
    ran = run("--markdown", "--log", "-", cwd=tmp_path, stdin=line.encode(), USER="anna", HOSTNAME="workhorse")
    report = ran.stdout.decode().lower()
    assert "torchaudio-for-another-torch" in report
    assert "anna" not in report
    assert "workhorse" not in report


def test_a_report_for_a_bug_tracker_names_no_user_and_no_host(tmp_path: Path) -> None:
    log = (
        b"ImportError: /home/anna/env/libtorchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv\n"
        b'Error loading "C:\\Users\\Anna B\\onnxruntime\\capi\\onnxruntime_providers_cuda.dll" which depends on'
        b' "cublasLt64_12.dll" which is missing. hostname=DESKTOP-ANNA'
    )
    ran = run("--markdown", "--log", "-", cwd=tmp_path, stdin=log)
    report = ran.stdout.decode()
    assert report.startswith("### gpuenv diagnose\n")
    assert "`torchaudio-for-another-torch` (high)" in report
    assert "anna" not in report.lower()


def test_a_cause_that_no_installation_here_removes_is_not_fixed(tmp_path: Path) -> None:
    log = b"nvcc fatal   : Unsupported gpu architecture 'compute_120'\n"
    answer = diagnosed("--fix", "--log", "-", cwd=tmp_path, stdin=log, exit_code=1)
    assert answer["data"]["primary"]["code"] == "toolkit-too-old-for-architecture"
    assert [error["code"] for error in answer["errors"]] == ["nothing-to-fix-here"]


def test_fix_shows_the_cause_and_ends_as_the_installation_does(cpu_environment: Path, tmp_path: Path) -> None:
    # No driver of this branch drives the card: the installation is an expected no, and nothing is changed.
    arguments = ("--fix", "--venv", cpu_environment)
    ran = run(*arguments, cwd=tmp_path, gpus=RTX_5090, GPUENV_DRIVER="470.82.01", GPUENV_INDEXES=str(tmp_path))
    assert ran.returncode == 1
    assert "[cpu-build-installed]" in ran.stdout.decode()
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--log", "missing.txt"), "log-unreadable"),
        (("--log", "."), "log-unreadable"),
        (("--log", "-", "--", "true"), "log-and-command"),
        (("--log", "-", "--target", "rtx-9999"), "unknown-gpu"),
        (("--", "no-such-program-here"), "program-not-found"),
        (("--venv", "nowhere"), "environment-not-found"),
    ],
)
def test_a_call_that_cannot_be_understood_gets_a_code(arguments: tuple[str, ...], code: str, tmp_path: Path) -> None:
    ran = run("--json", *arguments, cwd=tmp_path)
    assert ran.returncode in {1, 2}
    assert [error["code"] for error in json.loads(ran.stdout)["errors"]] == [code]
    assert b"Traceback" not in ran.stderr
