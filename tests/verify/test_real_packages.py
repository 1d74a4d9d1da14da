"""The check files of libraries beside torch and ONNX Runtime, run against the packages as they are published.

Where a package computes on a CPU its numbers are compared; where it needs a GPU and there is none, its own error must
come out with a code. What is small is in the network set; the rest is slow, with its size.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.progress import Reporter
from gpuenv.verify.classify import classify
from gpuenv.verify.runner import verify
from support.fake_torch import STAND_INS, make_environment, site_packages_of
from support.torch_environment import install_into, python_of, torch_environment  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from gpuenv.models.verification import VerificationReport

GPU = Gpu(
    name="NVIDIA GeForce RTX 5090",
    capabilities=(ComputeCapability(major=12, minor=0),),
    probe=Probe.NVML,
    uuid="GPU-1",
)
"""One that no machine has: CUDA shows no device under its UUID."""

CTRANSLATE2 = ("ctranslate2-import", "ctranslate2-encode", "ctranslate2-convolve")
NO_GPU = {"no-driver", "no-cuda-device", "driver-too-old"}
"""What CUDA says without a driver depends on the library: cupy's runtime calls it too old."""


def checked(python: Path, *installed: str, on_gpu: bool = False, is_full: bool = True) -> VerificationReport:
    return verify(
        python,
        device="cuda" if on_gpu else "cpu",
        gpus=(GPU,) if on_gpu else (),
        environ=dict(os.environ),
        installed=frozenset(installed),
        reporter=Reporter(),
        is_full=is_full,
        seed=7,
    )


def outcomes(report: VerificationReport, *names: str) -> dict[str, tuple[str, str | None]]:
    return {check.name: (check.status, check.code) for check in report.checks if not names or check.name in names}


def environment_with(root: Path, *requirements: str) -> Path:
    """Make a venv with these packages; skip where they cannot be had."""
    python = make_environment(root, None)
    install_or_skip(python, *requirements)
    return python


def beside_torch(root: Path, torch_root: Path, *requirements: str) -> Path:
    """Make a venv that has the real CPU torch, and these packages without what they depend on."""
    python = make_environment(root, None)
    (site_packages_of(root) / "torch.pth").write_text(f"{site_packages_of(torch_root)}\n", encoding="utf-8")
    install_or_skip(python, "--no-deps", *requirements)
    return python


def install_or_skip(python: Path, *requirements: str) -> None:
    complaint = install_into(python, *requirements)
    if complaint:
        pytest.skip(f"they cannot be had: {complaint}")


@pytest.mark.network
def test_ctranslate2_agrees_with_the_formulas_and_without_a_gpu_it_says_so(tmp_path: Path) -> None:
    python = environment_with(tmp_path, "ctranslate2")
    assert outcomes(checked(python, "ctranslate2")) == dict.fromkeys(CTRANSLATE2, ("passed", None))
    assert outcomes(checked(python, "ctranslate2", on_gpu=True)) == {
        **dict.fromkeys(CTRANSLATE2, ("skipped", "not-reached")),
        "ctranslate2-import": ("failed", "library-uses-cpu"),
    }


@pytest.mark.network
def test_a_torchvision_for_cuda_beside_a_cpu_torch_is_a_mismatch(
    tmp_path: Path,
    torch_environment: Path,  # noqa: F811
) -> None:
    """The wheels of the default index are made for CUDA: a CPU torch has not what they load."""
    python = beside_torch(tmp_path, torch_environment, "torchvision==0.28.0", "pillow", "numpy")
    report = checked(python, "torch", is_full=False)
    assert {name: outcome for name, outcome in outcomes(report).items() if outcome[0] != "passed"} == {
        "torchvision-nms": ("failed", "torchvision-mismatch")
    }


@pytest.mark.slow  # compiles with torch.compile before
@pytest.mark.network
def test_a_torchaudio_for_cuda_beside_a_cpu_torch_names_what_it_misses(
    tmp_path: Path,
    torch_environment: Path,  # noqa: F811
) -> None:
    """It raises the consequence; what is missing is named by the exception that it was raised from."""
    python = beside_torch(tmp_path, torch_environment, "torchaudio==2.11.0", "numpy")
    report = checked(python, "torch")
    resampled = next(check for check in report.checks if check.name == "torchaudio-resample")
    assert (resampled.status, resampled.code) == ("failed", "library-missing")
    assert "\nfrom OSError: libc10_cuda.so: cannot open shared object file" in resampled.detail


@pytest.mark.slow  # 70 MB
@pytest.mark.network
def test_bitsandbytes_gives_back_the_nearest_code_on_a_cpu(tmp_path: Path, torch_environment: Path) -> None:  # noqa: F811
    python = beside_torch(tmp_path, torch_environment, "bitsandbytes", "packaging", "numpy")
    report = checked(python, "torch")
    assert outcomes(report, "bitsandbytes-quantise") == {"bitsandbytes-quantise": ("passed", None)}
    assert "bitsandbytes" in dict(report.facts)


@pytest.mark.slow  # 100 MB
@pytest.mark.network
def test_xformers_without_an_operator_has_a_code(tmp_path: Path, torch_environment: Path) -> None:  # noqa: F811
    """Its own error, verbatim: for a CPU it has no kernel either."""
    python = beside_torch(tmp_path, torch_environment, "xformers==0.0.35", "numpy")
    script = "import torch, xformers.ops; xformers.ops.memory_efficient_attention(*[torch.zeros(2, 96, 4, 64)] * 3)"
    ran = subprocess.run([python, "-I", "-c", script], check=False, capture_output=True, text=True)
    assert classify(ran.stderr) == "no-operator-for-gpu"


@pytest.mark.slow  # 120 MB
@pytest.mark.network
def test_jax_agrees_with_plain_arithmetic_and_without_a_gpu_it_says_so(tmp_path: Path) -> None:
    python = environment_with(tmp_path, "jax")
    names = ("jax-import", "jax-product", "jax-convolution")
    assert outcomes(checked(python, "jax")) == dict.fromkeys(names, ("passed", None))
    assert outcomes(checked(python, "jax", on_gpu=True)) == {
        **dict.fromkeys(names, ("skipped", "not-reached")),
        "jax-import": ("failed", "library-uses-cpu"),
    }


@pytest.mark.slow  # 1.4 GB unpacked
@pytest.mark.network
def test_tensorflow_agrees_with_plain_arithmetic_and_without_a_gpu_it_says_so(tmp_path: Path) -> None:
    python = environment_with(tmp_path, "tensorflow-cpu")
    names = ("tensorflow-import", "tensorflow-product", "tensorflow-convolution")
    assert outcomes(checked(python, "tensorflow-cpu")) == dict.fromkeys(names, ("passed", None))
    assert outcomes(checked(python, "tensorflow-cpu", on_gpu=True)) == {
        **dict.fromkeys(names, ("skipped", "not-reached")),
        "tensorflow-import": ("failed", "library-uses-cpu"),
    }


@pytest.mark.slow  # 80 MB
@pytest.mark.network
def test_cupy_without_a_gpu_fails_with_a_code(tmp_path: Path) -> None:
    python = environment_with(tmp_path, "cupy-cuda13x")
    found = outcomes(checked(python, "cupy-cuda13x", on_gpu=True))
    assert {name: status for name, (status, _) in found.items()} == {"cupy-import": "failed", "cupy-product": "skipped"}
    assert found["cupy-import"][1] in NO_GPU


@pytest.mark.slow  # 300 MB
@pytest.mark.network
def test_onnxruntime_gpu_without_cudas_libraries_names_the_one_that_is_missing(tmp_path: Path) -> None:
    python = environment_with(tmp_path, "onnxruntime-gpu")
    report = checked(python, "onnxruntime-gpu", on_gpu=True, is_full=False)
    assert outcomes(report) == {
        "onnxruntime-import": ("passed", None),
        "onnxruntime-session": ("failed", "silent-cpu-session"),
    }
    detail = report.checks[1].detail
    assert detail.startswith("asked for CUDAExecutionProvider, would have got CPUExecutionProvider\n")
    assert "cannot open shared object file" in detail
    assert "\x1b" not in detail  # it colours its words also where no terminal reads them


def python_3_8() -> Path | None:
    """An interpreter of Python 3.8 on this machine."""
    found = shutil.which("python3.8")
    for path in [*([Path(found)] if found else []), *Path.home().glob(".pyenv/versions/3.8*/bin/python")]:
        ran = subprocess.run([path, "-c", "import sys; print(sys.version_info[:2])"], check=False, capture_output=True)
        if ran.stdout.strip() == b"(3, 8)":
            return path
    return None


def test_the_checks_run_in_python_3_8(tmp_path: Path) -> None:
    """The oldest Python that a torch of the matrix has."""
    interpreter = python_3_8()
    if interpreter is None:
        pytest.skip("there is no Python 3.8 here")
    subprocess.run([interpreter, "-m", "venv", "--without-pip", tmp_path], check=True)
    for stand_in in ("no_kernel_image", "gpu_libraries"):
        shutil.copytree(STAND_INS / stand_in, site_packages_of(tmp_path), dirs_exist_ok=True)
    report = checked(python_of(tmp_path), "torch", "cupy", "jax", "tensorflow", on_gpu=True)
    codes = {name: code for name, (_, code) in outcomes(report).items() if name.startswith("torch-")}
    assert {code for name, code in codes.items() if name not in {"torch-compile", "torch-all-reduce"}} == {
        *(None, "no-kernel-image", "no-code-in-build", "capability-too-low")
    }
    others = ("cupy-product", "jax-product", "jax-convolution", "tensorflow-product", "tensorflow-convolution")
    assert outcomes(report, *others) == dict.fromkeys(others, ("passed", None))
