from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.notice import Notice
from gpuenv.models.progress import Reporter
from gpuenv.verify.runner import verify
from support.fake_torch import make_environment, make_pretended_gpu
from support.torch_environment import install_into, python_of, torch_environment  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.verification import Check, VerificationReport

CPU_CHECKS = (
    "torch-import",
    "torch-elementwise",
    "torch-reduction",
    "torch-sort",
    "torch-cumsum",
    "torch-index",
    "torch-softmax",
    "torch-random",
    "torch-autograd",
    "torch-matmul-float32",
    "torch-matmul-bfloat16",
    "torch-convolution",
    "torch-fft",
    "torch-solve",
    "torch-sparse",
    "torchvision-nms",
    "torch-attention-math",
)
CUDA_CHECKS = (
    "torch-import",
    "torch-cuda-initialises",
    "torch-architectures",
    "torch-elementwise",
    "torch-reduction",
    "torch-sort",
    "torch-cumsum",
    "torch-index",
    "torch-softmax",
    "torch-random",
    "torch-autograd",
    "torch-matmul-float32",
    "torch-matmul-tf32",
    "torch-matmul-float16",
    "torch-matmul-bfloat16",
    "torch-matmul-float8",
    "torch-convolution",
    "torch-convolution-float16",
    "torch-fft",
    "torch-complex-abs",
    "torch-solve",
    "torch-sparse",
    "torchvision-nms",
    "torch-attention-math",
    "torch-attention-efficient",
    "torch-attention-flash",
    "torch-attention-cudnn",
)
NEED_8_0 = {
    *("torch-matmul-tf32", "torch-matmul-bfloat16", "torch-matmul-float8"),
    *("torch-attention-flash", "torch-attention-cudnn"),
}


def gpu(uuid: str, capability: tuple[int, int] = (12, 0)) -> Gpu:
    major, minor = capability
    return Gpu(
        name="NVIDIA GeForce RTX 5090",
        capabilities=(ComputeCapability(major=major, minor=minor),),
        probe=Probe.NVML,
        uuid=uuid,
    )


def checked(
    python: Path,
    *,
    device: Literal["cuda", "cpu"] = "cuda",
    gpus: Sequence[Gpu] = (gpu("GPU-1"),),
    installed: frozenset[str] = frozenset({"torch"}),
    timeout_s: float = 60.0,
) -> VerificationReport:
    return verify(
        python,
        device=device,
        gpus=gpus,
        environ=dict(os.environ),
        installed=installed,
        timeout_s=timeout_s,
        reporter=Reporter(),
        seed=7,
    )


def outcomes(checks: Sequence[Check]) -> dict[str, tuple[str, str | None]]:
    return {check.name: (check.status, check.code) for check in checks}


def test_a_real_cpu_build_passes_every_cpu_check(torch_environment: Path) -> None:  # noqa: F811
    report = checked(python_of(torch_environment), device="cpu", gpus=())
    assert outcomes(report.checks) == {
        **dict.fromkeys(CPU_CHECKS, ("passed", None)),
        "torchvision-nms": ("skipped", "not-installed"),
    }
    assert dict(report.facts) == {
        "seed": "7",
        "torch": "2.13.0+cpu",
        "torch-cuda": "none",
        "torch-path": dict(report.facts)["torch-path"],
    }
    assert dict(report.profile) == {
        "import": "ok",
        "kernels": "ok",
        "fp32": "ok",
        "bf16": "ok",
        "convolution": "ok",
        "fft": "ok",
        "solver": "ok",
        "sparse": "ok",
        "attention": "ok",
        "torchvision": "absent",
    }
    assert report.unproven == ()
    assert {check.gpu for check in report.checks} == {None}
    assert sum(check.seconds for check in report.checks if check.name != "torch-import") < 20


def test_a_real_cpu_build_on_a_gpu_target_fails(torch_environment: Path) -> None:  # noqa: F811
    report = checked(python_of(torch_environment))
    assert outcomes(report.checks) == {
        **dict.fromkeys(CUDA_CHECKS, ("skipped", "not-reached")),
        "torch-import": ("passed", None),
        "torch-cuda-initialises": ("failed", "cpu-build-on-gpu-target"),
    }
    assert report.unproven == ("import",)


def test_every_gpu_is_checked_by_itself_and_then_all_together(tmp_path: Path, torch_environment: Path) -> None:  # noqa: F811
    python = make_pretended_gpu(tmp_path, torch_environment, {})
    report = checked(python, gpus=(gpu("GPU-1"), gpu("GPU-2")))
    assert [(check.gpu, check.name, check.status) for check in report.checks] == [
        *(("GPU-1", name, "passed") for name in CUDA_CHECKS),
        *(("GPU-2", name, "passed") for name in CUDA_CHECKS),
        ("GPU-1,GPU-2", "torch-copy-between-gpus", "passed"),
    ]
    details = {(check.gpu, check.name): check.detail for check in report.checks}
    assert details["GPU-1", "torch-cuda-initialises"] == "the GPU GPU-1, 1 visible"
    assert details["GPU-2", "torch-cuda-initialises"] == "the GPU GPU-2, 1 visible"
    assert details["GPU-1,GPU-2", "torch-copy-between-gpus"] == "2 GPUs, every direction equal"
    assert details["GPU-1", "torch-convolution"].startswith("cuDNN 91900: largest relative difference ")


def test_each_fault_costs_its_own_check_only(tmp_path: Path, torch_environment: Path) -> None:  # noqa: F811
    """One segmentation fault and one lost context on the way: the rest goes on in a fresh process."""
    faults = {
        "softmax": "foreign-kernel-with-right-numbers",
        "sort": "sticky",
        "cumsum": "foreign-kernel",
        "conv2d": "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "rfft": "segfault",
        "abs": "nvrtc: error: invalid value for --gpu-architecture (-arch)",
        "solve": "CUDA out of memory. Tried to allocate 2.00 GiB.",
        "mm": "wrong",
    }
    report = checked(make_pretended_gpu(tmp_path, torch_environment, faults))
    assert outcomes(report.checks) == {
        **dict.fromkeys(CUDA_CHECKS, ("passed", None)),
        "torch-softmax": ("failed", "kernel-built-for-other-gpu"),
        "torch-sort": ("failed", "device-fault"),
        "torch-cumsum": ("failed", "kernel-built-for-other-gpu"),
        "torch-convolution": ("failed", "cudnn-failed"),
        "torch-convolution-float16": ("failed", "cudnn-failed"),
        "torch-fft": ("failed", "check-crashed"),
        "torch-complex-abs": ("failed", "nvrtc-failed"),
        "torch-solve": ("failed", "out-of-memory"),
        "torch-sparse": ("failed", "wrong-numbers"),
    }
    details = {check.name: check.detail for check in report.checks}
    foreign = "FATAL: this function is for sm80, but was built for sm370; "
    assert details["torch-softmax"].startswith(foreign + "largest relative difference ")
    assert details["torch-cumsum"] == foreign + "the running sums differ"
    assert details["torch-fft"].startswith("ended by signal 11 (Segmentation fault)\nFatal Python error")
    assert report.unproven == ("kernels", "fp16", "convolution", "fft", "nvrtc", "solver", "sparse")
    assert [check.name for check in report.checks] == list(CUDA_CHECKS)


def test_a_build_without_code_for_the_gpu_fails_in_its_own_words(tmp_path: Path) -> None:
    report = checked(make_environment(tmp_path, "no_kernel_image"), gpus=(gpu("GPU-1", (6, 1)),))
    assert outcomes(report.checks) == {
        **dict.fromkeys(CUDA_CHECKS, ("failed", "no-kernel-image")),
        **dict.fromkeys(NEED_8_0, ("skipped", "capability-too-low")),
        "torch-import": ("passed", None),
        "torch-cuda-initialises": ("passed", None),
        "torch-architectures": ("failed", "no-code-in-build"),
        "torchvision-nms": ("skipped", "not-installed"),
    }
    details = {check.name: check.detail for check in report.checks}
    assert details["torch-architectures"] == "6.1 is served by none of sm_75 sm_80 sm_86 sm_90 sm_100 sm_120"
    assert details["torch-elementwise"].startswith(
        "AcceleratorError: CUDA error: no kernel image is available for execution on the device\nSearch for"
    )


@pytest.mark.parametrize(
    ("stand_in", "gate", "code", "detail"),
    [
        ("cpu_build", "torch-cuda-initialises", "cpu-build-on-gpu-target", "torch 2.9.1+cpu is a CPU build"),
        (
            "driver_too_old",
            "torch-cuda-initialises",
            "driver-too-old",
            "RuntimeError: The NVIDIA driver on your system is too old (found version 12080).",
        ),
        (
            "library_missing",
            "torch-import",
            "library-missing",
            "ImportError: libcudart.so.12: cannot open shared object file: No such file or directory",
        ),
        ("import_crash", "torch-import", "check-crashed", "ended by signal 11 (Segmentation fault)\nloading"),
    ],
)
def test_after_a_failed_gate_nothing_more_is_run(
    tmp_path: Path, stand_in: str, gate: str, code: str, detail: str
) -> None:
    report = checked(make_environment(tmp_path, stand_in))
    before = CUDA_CHECKS[: CUDA_CHECKS.index(gate)]
    assert outcomes(report.checks) == {
        **dict.fromkeys(CUDA_CHECKS, ("skipped", "not-reached")),
        **dict.fromkeys(before, ("passed", None)),
        gate: ("failed", code),
    }
    assert report.failed[0].detail.startswith(detail)
    assert report.unproven == ("import",)


def test_a_hang_costs_its_own_check_only(tmp_path: Path) -> None:
    report = checked(make_environment(tmp_path, "hang"), gpus=(gpu("GPU-1", (6, 1)),), timeout_s=2.0)
    found = outcomes(report.checks)
    assert [name for name, (_, code) in found.items() if code == "check-timed-out"] == ["torch-sort"]
    assert found["torch-reduction"] == found["torch-softmax"] == ("failed", "no-kernel-image")
    hung = next(check for check in report.checks if check.name == "torch-sort")
    assert hung.detail.startswith("no answer in 2 s\nTimeout (0:00:01.800000)!")
    assert hung.seconds == 2.0


def test_without_torch_nothing_is_run() -> None:
    report = checked(Path(sys.executable), installed=frozenset({"numpy"}))
    assert report.checks == ()
    assert not report.ran


def test_an_interpreter_that_cannot_run_the_checks_is_a_failed_check(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'bad interpreter state' >&2\nexit 3\n")
    python.chmod(0o755)
    report = checked(python)
    assert outcomes(report.checks) == {"python-starts": ("failed", "interpreter-failed")}
    assert report.checks[0].detail == "bad interpreter state"
    assert report.unproven == ("import",)


def test_an_interpreter_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GpuenvError) as raised:
        checked(tmp_path / "bin" / "python")
    assert raised.value.code == "program-not-found"


def test_a_session_that_silently_took_the_cpu_is_a_failure_that_names_the_library(tmp_path: Path) -> None:
    report = checked(make_environment(tmp_path, "ort_silent_cpu"), installed=frozenset({"onnxruntime-gpu"}))
    assert outcomes(report.checks) == {
        "onnxruntime-import": ("passed", None),
        "onnxruntime-session": ("failed", "silent-cpu-session"),
    }
    assert report.checks[1].detail.startswith("asked for CUDAExecutionProvider, got CPUExecutionProvider\n")
    assert "libcublasLt.so.11: cannot open shared object file" in report.checks[1].detail
    assert report.unproven == ("ort",)


def test_a_cpu_package_in_the_folder_of_the_gpu_package_is_a_failure(tmp_path: Path) -> None:
    python = make_environment(tmp_path, "ort_cpu_package")
    report = checked(python, installed=frozenset({"onnxruntime", "onnxruntime-gpu"}))
    assert outcomes(report.checks) == {
        "onnxruntime-import": ("failed", "onnxruntime-is-cpu-package"),
        "onnxruntime-session": ("skipped", "not-reached"),
    }
    assert report.checks[0].detail == "1.23.2 brings only AzureExecutionProvider, CPUExecutionProvider"


def test_a_session_that_computes_only_after_preloading_passes_with_advice(tmp_path: Path) -> None:
    """What pip's CUDA packages give: the loader does not find them, `preload_dlls` does."""
    report = checked(make_environment(tmp_path, "ort_needs_preload"), installed=frozenset({"onnxruntime-gpu"}))
    assert outcomes(report.checks) == {
        "onnxruntime-import": ("passed", None),
        "onnxruntime-session": ("passed", "onnxruntime-needs-preload"),
    }
    assert report.checks[1].detail.startswith("computes only after onnxruntime.preload_dlls(): CUDAExecutionProvider")
    assert (dict(report.profile)["ort"], report.unproven) == ("ok", ())
    assert report.workarounds == (Notice.of("workaround-preload-libraries", capability="ort"),)


def test_plain_onnxruntime_proves_nothing_about_a_gpu(tmp_path: Path) -> None:
    report = checked(tmp_path / "python", installed=frozenset({"onnxruntime"}))
    assert not report.ran


@pytest.mark.network
def test_a_real_onnxruntime_passes_alone_and_after_torch(tmp_path: Path, torch_environment: Path) -> None:  # noqa: F811
    python = make_pretended_gpu(tmp_path, torch_environment, {})
    complaint = install_into(python, "onnxruntime==1.23.2")
    if complaint:
        pytest.skip(f"no onnxruntime can be had: {complaint}")
    report = checked(python, device="cpu", gpus=(), installed=frozenset({"onnxruntime", "torch"}))
    found = {name: outcome for name, outcome in outcomes(report.checks).items() if name.startswith("onnxruntime")}
    assert found == {
        "onnxruntime-import": ("passed", None),
        "onnxruntime-session": ("passed", None),
        "onnxruntime-after-torch": ("passed", None),
    }
    assert dict(report.profile)["ort"] == "ok"
