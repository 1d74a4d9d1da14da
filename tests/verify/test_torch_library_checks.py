"""What a GPU or a build does not have is skipped with a reason; what is there and wrong is a failure."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.progress import Reporter
from gpuenv.verify.runner import verify
from support.fake_torch import STAND_INS, make_pretended_gpu, site_packages_of
from support.torch_environment import torch_environment  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.models.verification import Check, VerificationReport

NO_KERNEL = "No available kernel. Aborting execution."
NO_FLOAT8 = "torch._scaled_mm is only supported on devices with compute capability >= 9.0)"
NO_DYNAMO = "torch.compile is not supported on Python 3.14+"
GPU = Gpu(
    name="NVIDIA GeForce GTX 1660",
    capabilities=(ComputeCapability(major=7, minor=5),),
    probe=Probe.NVML,
    uuid="GPU-1",
)


def checked(root: Path, torch_root: Path, faults: Mapping[str, object]) -> VerificationReport:
    python = make_pretended_gpu(root, torch_root, faults)
    shutil.copytree(STAND_INS / "gpu_libraries" / "triton", site_packages_of(root) / "triton")
    return verify(
        python,
        device="cuda",
        gpus=(GPU,),
        environ=dict(os.environ),
        installed=frozenset({"torch"}),
        reporter=Reporter(),
        is_full=True,
        seed=7,
    )


def not_passed(report: VerificationReport) -> dict[str, Check]:
    return {
        check.name: check
        for check in report.checks
        if check.status != "passed" and check.code != "not-installed" and not check.name.startswith("sass: ")
    }


def test_what_this_torch_cannot_do_is_no_failure_and_half_precision_that_gives_nan_is_one(
    tmp_path: Path,
    torch_environment: Path,  # noqa: F811
) -> None:
    """The words are torch's own (pytorch#118703, #58123)."""
    faults = {
        "conv2d": "nan-in-half",
        "_scaled_mm": NO_FLOAT8,
        "compile": NO_DYNAMO,
        "scaled_dot_product_attention": NO_KERNEL,
    }
    report = checked(tmp_path, torch_environment, faults)
    found = not_passed(report)
    assert {name: (check.status, check.code) for name, check in found.items()} == {
        "torch-matmul-float8": ("skipped", "not-in-this-build"),
        "torch-convolution-float16": ("failed", "wrong-numbers"),
        "torch-attention-math": ("failed", "check-raised"),
        "torch-attention-efficient": ("failed", "check-raised"),
        "torch-attention-flash": ("failed", "check-raised"),
        "torch-attention-cudnn": ("skipped", "not-in-this-build"),
        "torch-compile": ("skipped", "not-in-this-build"),
    }
    assert found["torch-matmul-float8"].detail == NO_FLOAT8
    assert found["torch-compile"].detail == NO_DYNAMO
    assert found["torch-convolution-float16"].detail == ("largest relative difference nan, allowed 2e-02")
    states = dict(report.profile)
    assert [states[name] for name in ("fp16", "convolution", "fp8", "cudnn-attention", "compile")] == [
        *("fails", "ok", "unsupported", "unsupported", "unsupported")
    ]
    details = {check.name: check.detail for check in report.checks}
    assert details["torch-convolution"].startswith("cuDNN 91900: largest relative difference ")
    assert details["torch-all-reduce"].startswith("1 GPU, nothing to exchange: largest relative difference ")
    ways = {str(way.context["capability"]): way.code for way in report.workarounds}
    assert (ways["fp16"], "cudnn-attention" in ways) == ("workaround-compute-in-float32", False)


def test_what_an_old_gpu_cannot_do_is_skipped_with_the_capability_that_it_takes(
    tmp_path: Path,
    torch_environment: Path,  # noqa: F811
) -> None:
    report = checked(tmp_path, torch_environment, {"capability": [6, 1]})
    found = not_passed(report)
    assert found.pop("torch-architectures").code == "no-code-in-build"
    assert {name: (check.code, check.detail) for name, check in found.items()} == {
        name: ("capability-too-low", detail)
        for name, detail in {
            "torch-matmul-tf32": "needs compute capability 8.0, the GPU has 6.1",
            "torch-matmul-bfloat16": "needs compute capability 8.0, the GPU has 6.1",
            "torch-matmul-float8": "needs compute capability 8.9, the GPU has 6.1",
            "torch-attention-flash": "needs compute capability 8.0, the GPU has 6.1",
            "torch-attention-cudnn": "needs compute capability 8.0, the GPU has 6.1",
            "torch-compile": "Triton needs compute capability 7.0, the GPU has 6.1",
        }.items()
    }
