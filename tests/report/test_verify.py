from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.diagnosis import Diagnosis
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.notice import Notice
from gpuenv.models.verification import Check, VerificationReport
from gpuenv.report.envelope import envelope
from gpuenv.report.terminal import Terminal
from gpuenv.report.verify import verification_result, write_verification

VENV = Path("/env")
GPU = Gpu(
    name="NVIDIA GeForce GTX 1080 Ti",
    capabilities=(ComputeCapability(major=6, minor=1),),
    probe=Probe.NVML,
    uuid="GPU-1",
)
FAILED = VerificationReport(
    checks=(
        Check(name="torch-import", status="passed", gpu="GPU-1", detail="torch 2.9.1+cu130", seconds=1.25),
        Check(
            name="torch-sort",
            status="failed",
            gpu="GPU-1",
            code="no-kernel-image",
            detail="CUDA error:\nno kernel",
            cause="architecture-dropped-by-build",
        ),
        Check(name="torch-fft", status="failed", gpu="GPU-1", code="no-kernel-image", detail="CUDA error"),
        Check(name="torch-matmul-tf32", status="skipped", gpu="GPU-1", code="capability-too-low", detail="needs 8.0"),
    ),
    device="cuda",
    facts=(("cudnn", "91300"), ("seed", "7"), ("torch", "2.9.1+cu130"), ("torch-cuda", "13.0")),
    profile=(("import", "ok"), ("kernels", "fails"), ("tf32", "unsupported"), ("fft", "fails")),
    unproven=("kernels", "fft"),
    causes=(
        Diagnosis(
            cause=Notice.of("architecture-dropped-by-build", torch="2.9.1+cu130", gpu="GTX 1080 Ti"),
            cause_class="arch-dropped-by-build",
            confidence="high",
            evidence=("no kernel image",),
        ),
    ),
    workarounds=(Notice.of("workaround-compute-in-float16", capability="bf16"),),
)


def test_a_failure_ends_with_3_and_one_error_per_code_and_gpu() -> None:
    result = verification_result(FAILED, venv=VENV, gpus=(GPU,), language="en")
    assert envelope("verify", result, "en") == {
        "schema": 1,
        "command": "verify",
        "status": "failed",
        "exit_code": 3,
        "data": {
            "venv": "/env",
            "device": "cuda",
            "facts": {"cudnn": "91300", "seed": "7", "torch": "2.9.1+cu130", "torch-cuda": "13.0"},
            "checks": [
                {
                    "name": "torch-import",
                    "gpu": "GPU-1",
                    "status": "passed",
                    "code": None,
                    "detail": "torch 2.9.1+cu130",
                    "seconds": 1.25,
                },
                {
                    "name": "torch-sort",
                    "gpu": "GPU-1",
                    "status": "failed",
                    "code": "no-kernel-image",
                    "detail": "CUDA error:\nno kernel\ncause: architecture-dropped-by-build",
                    "seconds": 0.0,
                },
                {
                    "name": "torch-fft",
                    "gpu": "GPU-1",
                    "status": "failed",
                    "code": "no-kernel-image",
                    "detail": "CUDA error",
                    "seconds": 0.0,
                },
                {
                    "name": "torch-matmul-tf32",
                    "gpu": "GPU-1",
                    "status": "skipped",
                    "code": "capability-too-low",
                    "detail": "needs 8.0",
                    "seconds": 0.0,
                },
            ],
            "profile": {"import": "ok", "kernels": "fails", "tf32": "unsupported", "fft": "fails"},
            "unproven": ["kernels", "fft"],
            "causes": [
                {
                    "code": "architecture-dropped-by-build",
                    "cause_class": "arch-dropped-by-build",
                    "message": "the installed PyTorch (2.9.1+cu130) no longer has machine code for the GPU (GTX"
                    " 1080 Ti); another build still does",
                    "confidence": "high",
                    "evidence": ["no kernel image"],
                    "hints": ["gpuenv install"],
                }
            ],
            "workarounds": [
                {
                    "capability": "bf16",
                    "code": "workaround-compute-in-float16",
                    "message": "bf16: load models with torch_dtype=torch.float16 (or float32) instead of bfloat16",
                    "hints": [],
                }
            ],
            "warnings": [],
        },
        "errors": [
            {
                "code": "check-no-kernel-image",
                "message": "the build has no code for NVIDIA GeForce GTX 1080 Ti (6.1): torch-sort, torch-fft ended"
                " with `no kernel image is available`",
                "hints": ["gpuenv install --venv /env", "gpuenv diagnose --venv /env"],
            }
        ],
    }


@pytest.mark.parametrize(
    ("device", "unproven", "errors"),
    [
        (
            "cpu",
            ("ort", "fp16"),
            (
                Notice.of("capability-absent", capabilities=("ort",), packages="onnxruntime-gpu", venv="/env"),
                Notice.of("capability-needs-gpu", capabilities=("fp16",), venv="/env"),
            ),
        ),
        ("cuda", ("bf16",), (Notice.of("capability-not-proven", capabilities=("bf16",), venv="/env"),)),
    ],
)
def test_what_was_required_and_not_run_is_an_error_too(
    device: Literal["cpu", "cuda"], unproven: tuple[str, ...], errors: tuple[Notice, ...]
) -> None:
    report = VerificationReport(
        checks=(Check(name="torch-import", status="passed"),),
        device=device,
        profile=(("import", "ok"), ("bf16", "unsupported")),
        unproven=unproven,
    )
    result = verification_result(report, venv=VENV, gpus=(), language="en")
    assert (result.exit_code, result.errors) == (3, errors)


def test_failures_that_were_not_required_do_not_count() -> None:
    report = VerificationReport(
        checks=(Check(name="torch-fft", status="failed", code="cufft-failed"),),
        device="cuda",
        profile=(("fft", "fails"),),
        unproven=(),
    )
    result = verification_result(report, venv=VENV, gpus=(), language="en")
    assert (result.status, result.exit_code, result.errors) == ("ok", 0, ())


def test_nothing_run_ends_with_4_and_says_why() -> None:
    why = Notice.of("nothing-to-check", venv="/env")
    report = VerificationReport(checks=(), device="cuda", notes=(why,))
    result = verification_result(report, venv=VENV, gpus=(), language="en")
    assert (result.status, result.exit_code, result.errors) == ("unverified", 4, (why,))


def test_the_terminal_shows_what_did_not_pass_and_the_profile() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    terminal = Terminal(stdout=stdout, stderr=stderr, environ={"NO_COLOR": "1"}, language="en", verbosity=0)
    verification_result(FAILED, venv=VENV, gpus=(GPU,), language="en").write(terminal)
    assert stdout.getvalue() == (
        "torch 2.9.1+cu130, CUDA 13.0, cuDNN 9.13.0, seed 7\n"
        "NVIDIA GeForce GTX 1080 Ti (6.1)\n"
        "  failed   torch-sort                     0.00 s  CUDA error: no kernel [no-kernel-image]\n"
        "  failed   torch-fft                      0.00 s  CUDA error [no-kernel-image]\n"
        "  skipped  torch-matmul-tf32              0.00 s  needs 8.0 [capability-too-low]\n"
        "cause: the installed PyTorch (2.9.1+cu130) no longer has machine code for the GPU (GTX 1080 Ti); another build"
        " still does [architecture-dropped-by-build]\n"
        "ok           import\n"
        "fails        kernels, fft\n"
        "unsupported  tf32\n"
        "instead: bf16: load models with torch_dtype=torch.float16 (or float32) instead of bfloat16\n"
        "1 passed, 2 failed, 1 skipped\n"
    )
    assert stderr.getvalue() == ""


@pytest.mark.parametrize(("number", "version"), [("8902", "8.9.2"), ("91900", "9.19.0"), ("not told", "not told")])
def test_the_number_of_cudnn_is_shown_as_its_version(number: str, version: str) -> None:
    stdout = io.StringIO()
    terminal = Terminal(stdout=stdout, stderr=io.StringIO(), environ={}, language="en", verbosity=0)
    write_verification(terminal, report=replace(FAILED, facts=(("cudnn", number),)), gpus=(GPU,))
    assert stdout.getvalue().splitlines()[0] == f"cuDNN {version}"


def test_checks_that_were_not_reached_take_one_line() -> None:
    stdout = io.StringIO()
    terminal = Terminal(stdout=stdout, stderr=stdout, environ={"NO_COLOR": "1"}, language="en", verbosity=0)
    report = VerificationReport(
        checks=(
            Check(name="torch-import", status="failed", code="library-missing", detail="libcudart.so.12"),
            Check(name="torch-sort", status="skipped", code="not-reached"),
            Check(name="torch-fft", status="skipped", code="not-reached"),
        ),
        device="cpu",
        facts=(("seed", "7"),),
        profile=(("import", "fails"), ("kernels", "untested"), ("fft", "untested")),
        unproven=("import",),
    )
    verification_result(report, venv=VENV, gpus=(), language="en").write(terminal)
    assert stdout.getvalue() == (
        "seed 7\n"
        "CPU\n"
        "  failed   torch-import                   0.00 s  libcudart.so.12 [library-missing]\n"
        "  skipped  2 checks after it [not-reached]\n"
        "fails        import\n"
        "untested     kernels, fft\n"
        "0 passed, 1 failed, 2 skipped\n"
    )


def test_checks_that_failed_alike_take_two_lines() -> None:
    stdout = io.StringIO()
    terminal = Terminal(stdout=stdout, stderr=stdout, environ={"NO_COLOR": "1"}, language="en", verbosity=0)
    names = ("torch-sort", "torch-cumsum", "torch-index")
    report = VerificationReport(
        checks=tuple(
            Check(name=name, status="failed", code="no-kernel-image", detail="CUDA error: no kernel") for name in names
        ),
        device="cpu",
        unproven=("kernels",),
    )
    verification_result(report, venv=VENV, gpus=(), language="en").write(terminal)
    assert stdout.getvalue() == (
        "CPU\n"
        "  failed   torch-sort                     0.00 s  CUDA error: no kernel [no-kernel-image]\n"
        "  failed   the same way: torch-cumsum, torch-index [no-kernel-image]\n"
        "0 passed, 3 failed, 0 skipped\n"
    )


@pytest.mark.parametrize(
    ("unproven", "decides", "beside"),
    [
        (("fft",), ["check-raised"], ["check-module-missing"]),
        ((), [], ["check-module-missing", "check-raised"]),
        (("fft", "solver"), ["check-module-missing", "check-raised"], []),
    ],
)
def test_what_was_not_required_fails_beside_and_does_not_decide(
    unproven: tuple[str, ...], decides: list[str], beside: list[str]
) -> None:
    report = VerificationReport(
        checks=(
            Check(name="torch-solve", status="failed", code="module-missing", detail="No module named 'cv2'"),
            Check(name="torch-fft", status="failed", code="check-raised", detail="wrong"),
        ),
        device="cpu",
        profile=(("fft", "fails"), ("solver", "fails")),
        unproven=unproven,
    )
    made = envelope("verify", verification_result(report, venv=VENV, gpus=(), language="en"), "en")
    assert [error["code"] for error in made["errors"]] == decides
    assert [warning["code"] for warning in made["data"]["warnings"]] == beside
    assert made["exit_code"] == (3 if unproven else 0)


def test_a_missing_module_is_mended_by_installing_its_package() -> None:
    report = VerificationReport(
        checks=(Check(name="torch-solve", status="failed", code="module-missing", detail="No module named 'cv2'"),),
        device="cpu",
        profile=(("solver", "fails"),),
        unproven=("solver",),
    )
    made = envelope("verify", verification_result(report, venv=VENV, gpus=(), language="en"), "en")
    assert made["errors"] == [
        {
            "code": "check-module-missing",
            "message": "a Python module is missing: torch-solve (No module named 'cv2')",
            "hints": ["gpuenv install opencv-python --venv /env", "gpuenv diagnose --venv /env"],
        }
    ]
