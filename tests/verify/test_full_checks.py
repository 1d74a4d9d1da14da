from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.progress import Reporter
from gpuenv.verify.runner import verify
from support.fake_torch import STAND_INS, make_environment, make_pretended_gpu, site_packages_of
from support.torch_environment import python_of, torch_environment  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.models.verification import VerificationReport

TORCH_EXTRAS = (
    *("torch-compile", "torchaudio-resample", "torch-all-reduce"),
    *("bitsandbytes-quantise", "xformers-attention", "flash-attn-attention"),
)
OTHERS = (
    *("cupy-import", "cupy-product", "jax-import", "jax-product", "jax-convolution"),
    *("tensorflow-import", "tensorflow-product", "tensorflow-convolution"),
)
INSTALLED = frozenset({"torch", "cupy-cuda13x", "jax", "tensorflow"})


def gpu(uuid: str) -> Gpu:
    capability = ComputeCapability(major=12, minor=0)
    return Gpu(name="NVIDIA GeForce RTX 5090", capabilities=(capability,), probe=Probe.NVML, uuid=uuid)


def fully_checked(
    python: Path, *gpus: Gpu, device: str = "cuda", installed: frozenset[str] = INSTALLED
) -> VerificationReport:
    return verify(
        python,
        device="cuda" if device == "cuda" else "cpu",
        gpus=gpus,
        environ=dict(os.environ),
        installed=installed,
        reporter=Reporter(),
        is_full=True,
        seed=7,
    )


def add_libraries(root: Path, faults: Mapping[str, str]) -> None:
    shutil.copytree(STAND_INS / "gpu_libraries", site_packages_of(root), dirs_exist_ok=True)
    (site_packages_of(root) / "library_faults.json").write_text(json.dumps(faults), encoding="utf-8")


def outcomes(report: VerificationReport, *names: str) -> dict[str, tuple[str, str | None]]:
    return {check.name: (check.status, check.code) for check in report.checks if not names or check.name in names}


def test_a_full_run_adds_libraries_and_proves_machine_code(tmp_path: Path, torch_environment: Path) -> None:  # noqa: F811
    python = make_pretended_gpu(tmp_path, torch_environment, {})
    add_libraries(tmp_path, {})
    report = fully_checked(python, gpu("GPU-1"))
    found = outcomes(report)
    assert {name: found[name] for name in (*TORCH_EXTRAS, *OTHERS)} == dict.fromkeys(
        (*TORCH_EXTRAS, *OTHERS), ("passed", None)
    )
    repeated = {name.removeprefix("sass: ") for name in found if name.startswith("sass: ")}
    gates = {"torch-import", "torch-cuda-initialises"}
    once = {*TORCH_EXTRAS, *OTHERS, *gates, "torch-architectures", "torch-complex-abs"}
    assert repeated == {name for name in found if not name.startswith("sass: ")} - once
    assert {state for _, state in report.profile} == {"ok"}
    assert {"sass", "compile", "nccl", "xformers", "cupy"} < set(dict(report.profile))
    facts = dict(report.facts)
    assert (facts["nccl"], facts["triton"], facts["cupy"]) == ("2.28.9", "3.8.0", "14.0.1")


def test_what_only_the_drivers_compiler_serves_is_no_failure_and_no_machine_code(
    tmp_path: Path,
    torch_environment: Path,  # noqa: F811
) -> None:
    """A Pascal card under PTX: it computes, and `--require sass` must still be able to say no."""
    faults = {
        "without-jit": {
            "sort": "CUDA error: PTX JIT compilation was disabled",
            "cumsum": "CUDA error: no kernel image is available for execution on the device",
            "rfft": "cuFFT error: CUFFT_INTERNAL_ERROR",
        },
        "solve": "cusolver error: CUSOLVER_STATUS_INTERNAL_ERROR",
    }
    report = fully_checked(
        make_pretended_gpu(tmp_path, torch_environment, faults), gpu("GPU-1"), installed=frozenset({"torch"})
    )
    found = outcomes(report)
    assert {name: found[name] for name in ("torch-sort", "torch-cumsum", "torch-fft", "torch-solve")} == {
        "torch-sort": ("passed", None),
        "torch-cumsum": ("passed", None),
        "torch-fft": ("passed", None),
        "torch-solve": ("failed", "cusolver-failed"),
    }
    assert {name: outcome for name, outcome in found.items() if "sass" in name and outcome[0] != "passed"} == {
        "sass: torch-sort": ("skipped", "served-by-ptx"),
        "sass: torch-cumsum": ("skipped", "served-by-ptx"),
        "sass: torch-fft": ("failed", "cufft-failed"),
    }
    assert "sass: torch-solve" not in found
    assert dict(report.profile)["sass"] == "fails"


@pytest.mark.parametrize(
    ("faults", "outcome"),
    [
        ({"cupy": "wrong"}, {"cupy-product": ("failed", "wrong-numbers")}),
        (
            {"cupy": "nvrtc: error: invalid value for --gpu-architecture (-arch)"},
            {"cupy-product": ("failed", "nvrtc-failed")},
        ),
        (
            {"jax": "cpu"},
            {
                "jax-import": ("failed", "library-uses-cpu"),
                "jax-product": ("skipped", "not-reached"),
                "jax-convolution": ("skipped", "not-reached"),
            },
        ),
        (
            {"jax": "wrong"},
            {"jax-product": ("failed", "wrong-numbers"), "jax-convolution": ("failed", "wrong-numbers")},
        ),
        (
            {"jax-convolution": "FAILED_PRECONDITION: DNN library initialization failed."},
            {"jax-convolution": ("failed", "cudnn-failed")},
        ),
        (
            {"tensorflow": "cpu"},
            {
                "tensorflow-import": ("failed", "library-uses-cpu"),
                "tensorflow-product": ("skipped", "not-reached"),
                "tensorflow-convolution": ("skipped", "not-reached"),
            },
        ),
        ({"tensorflow": "wrong"}, {"tensorflow-product": ("failed", "wrong-numbers")}),
        (
            {"tensorflow-convolution": "DNN library initialization failed. Look at the errors above for more details."},
            {"tensorflow-convolution": ("failed", "cudnn-failed")},
        ),
    ],
)
def test_each_library_fails_by_itself(
    tmp_path: Path, faults: Mapping[str, str], outcome: Mapping[str, tuple[str, str]]
) -> None:
    python = make_environment(tmp_path, "gpu_libraries")
    add_libraries(tmp_path, faults)
    report = fully_checked(python, gpu("GPU-1"), installed=INSTALLED - {"torch"})
    assert outcomes(report) == {**dict.fromkeys(OTHERS, ("passed", None)), **outcome}


def test_each_torch_extension_fails_by_itself(tmp_path: Path, torch_environment: Path) -> None:  # noqa: F811
    python = make_pretended_gpu(
        tmp_path, torch_environment, {"compile": "Failed to find C compiler.", "all_reduce": "NCCL Error 1: unhandled"}
    )
    no_kernel = "CUDA error: no kernel image is available for execution on the device"
    add_libraries(
        tmp_path, {"torchaudio": "wrong", "bitsandbytes": "wrong", "xformers": no_kernel, "flash-attn": "wrong"}
    )
    report = fully_checked(python, gpu("GPU-1"), installed=frozenset({"torch"}))
    assert outcomes(report, *TORCH_EXTRAS) == {
        "torch-compile": ("failed", "compiler-missing"),
        "torchaudio-resample": ("failed", "wrong-numbers"),
        "torch-all-reduce": ("failed", "nccl-failed"),
        "bitsandbytes-quantise": ("failed", "wrong-numbers"),
        "xformers-attention": ("failed", "no-kernel-image"),
        "flash-attn-attention": ("failed", "wrong-numbers"),
    }
    assert {way.context["capability"]: way.code for way in report.workarounds} == {
        "compile": "workaround-switch-compile-off",
        "torchaudio": "workaround-resample-on-cpu",
        "nccl": "workaround-use-gloo",
        "bitsandbytes": "workaround-load-unquantised",
        "xformers": "workaround-use-torch-attention",
        "flash-attn": "workaround-use-torch-attention",
    }


@pytest.mark.slow
def test_numbers_are_summed_over_all_gpus(tmp_path: Path, torch_environment: Path) -> None:  # noqa: F811
    python = make_pretended_gpu(tmp_path, torch_environment, {})
    report = fully_checked(python, gpu("GPU-1"), gpu("GPU-2"), installed=frozenset({"torch"}))
    together = {check.name: check.detail for check in report.checks if check.gpu == "GPU-1,GPU-2"}
    assert set(together) == {"torch-copy-between-gpus", "torch-all-reduce"}
    assert together["torch-all-reduce"].startswith("2 GPU: largest relative difference ")


@pytest.mark.slow
def test_real_torch_compiles_on_the_cpu(torch_environment: Path) -> None:  # noqa: F811
    if not any(map(shutil.which, ("g++", "clang++"))):
        pytest.skip("torch.compile needs a C++ compiler on the CPU")
    report = fully_checked(python_of(torch_environment), device="cpu", installed=frozenset({"torch"}))
    assert outcomes(report, "torch-compile", "torchaudio-resample") == {
        "torch-compile": ("passed", None),
        "torchaudio-resample": ("skipped", "not-installed"),
    }
    assert not any(name.startswith("sass: ") for name in outcomes(report))
