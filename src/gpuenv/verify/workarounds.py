"""Finds what a program can do where a capability fails: a way that works, never a variable that changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.notice import Notice
from gpuenv.verify.profile import capability_of, profile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.verification import Check

_WAYS: Final[Mapping[str, str]] = {
    "tf32": "forbid-tf32",
    "fp16": "compute-in-float32",
    "bf16": "compute-in-float16",
    "fp8": "compute-without-float8",
    "convolution": "switch-cudnn-off",
    "fft": "transform-on-cpu",
    "nvrtc": "avoid-complex-kernels",
    "solver": "solve-on-cpu",
    "sparse": "multiply-densely",
    "attention": "switch-efficient-attention-off",
    "flash": "switch-flash-attention-off",
    "cudnn-attention": "switch-cudnn-attention-off",
    "torchvision": "suppress-on-cpu",
    "multi-gpu": "use-one-gpu",
    "compile": "switch-compile-off",
    "torchaudio": "resample-on-cpu",
    "nccl": "use-gloo",
    "ort": "choose-cpu-provider",
    "bitsandbytes": "load-unquantised",
    "xformers": "use-torch-attention",
    "flash-attn": "use-torch-attention",
    "cupy": "use-numpy",
    "jax": "choose-jax-cpu",
    "tensorflow": "hide-tensorflow-gpus",
    "ctranslate2": "choose-ctranslate2-cpu",
}
"""By capability. Without `import` and `kernels` nothing works: only another build helps."""

_NO_MEMORY: Final = "out-of-memory"
"""A check that failed so says nothing of its capability: nothing is to be switched off."""

_ONNXRUNTIME_NEEDS_PRELOAD: Final = "onnxruntime-needs-preload"


def workarounds(checks: Sequence[Check]) -> tuple[Notice, ...]:
    """Name a way for each capability that fails, or that the GPU or the build does not have; by its place in both.

    A GPU without float16 kernels and one without bfloat16 units want the same of a program. Where the kernels
    themselves fail, a way around one of them would mislead.
    """
    checks = [check for check in checks if check.code != _NO_MEMORY]
    states = dict(profile(checks))
    if "fails" in {states.get("import"), states.get("kernels")}:
        return ()
    lacking = {name: _WAYS[name] for name, state in states.items() if state == "fails" and name in _WAYS}
    lacking |= {name: _WAYS[name] for name in ("bf16", "flash") if states.get(name) == "unsupported"}
    if "convolution" in lacking and not _failed(checks, "torch-matmul-float16"):
        lacking.pop("fp16", None)  # in float32 the convolution fails as well
    if "attention" in lacking and not _failed(checks, "torch-attention-efficient"):
        del lacking["attention"]  # the plain products are what everything else falls back to
    lacking |= _onnxruntime(checks, lacking)
    return tuple(Notice.of(f"workaround-{way}", capability=name) for name, way in lacking.items())


def _onnxruntime(checks: Sequence[Check], lacking: Mapping[str, str]) -> Mapping[str, str]:
    """Where the libraries are there and are only not found, the order of imports helps."""
    found = [check for check in checks if capability_of(check) == "ort"]
    if any(check.code == _ONNXRUNTIME_NEEDS_PRELOAD for check in found):
        return {"ort": "preload-libraries"}
    if "ort" in lacking and any(
        check.name == "onnxruntime-after-torch" and check.status == "passed" for check in found
    ):
        return {"ort": "import-torch-first"}
    return {}


def _failed(checks: Sequence[Check], name: str) -> bool:
    return any(check.name == name and check.status == "failed" for check in checks)
