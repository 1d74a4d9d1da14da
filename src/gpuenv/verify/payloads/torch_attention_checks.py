"""Checks scaled dot product attention, each of torch's backends by itself: left alone, torch takes whichever works.

A check file, run by `harness.py` in one process after `torch_checks.py`, whose import of torch it uses.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.verify.payloads.harness import Bench  # for type checkers: nothing of gpuenv is imported at run time

_NO_KERNEL = "No available kernel"
"""How torch answers where the backend that was asked for takes none of the shapes, types or GPUs."""

_NAMES = {
    "math": "MATH",
    "efficient": "EFFICIENT_ATTENTION",
    "flash": "FLASH_ATTENTION",
    "cudnn": "CUDNN_ATTENTION",
}


def _nn_attention() -> Any:  # noqa: ANN401 - a module
    """The module that forces backends since torch 2.3; None before."""
    if importlib.util.find_spec("torch.nn.attention") is None:
        return None
    return importlib.import_module("torch.nn.attention")


@contextmanager
def _backend(bench: Bench, name: str) -> Iterator[None]:
    """Force one backend, by the interface of this torch version."""
    nn_attention = _nn_attention()
    if nn_attention is not None:
        with nn_attention.sdpa_kernel(getattr(nn_attention.SDPBackend, _NAMES[name])):
            yield
        return
    with bench.torch.backends.cuda.sdp_kernel(
        enable_math=name == "math", enable_mem_efficient=name == "efficient", enable_flash=name == "flash"
    ):
        yield


def _attend(bench: Bench, backend: str, dtype: Any, *, allowed: float) -> str:  # noqa: ANN401 - a dtype
    torch = bench.torch
    if not hasattr(torch.nn.functional, "scaled_dot_product_attention"):
        bench.skip("not-in-this-build", f"torch {torch.__version__} has no scaled dot product attention")
    query, key, value = (bench.random(2, 4, 64, 64, dtype=dtype) for _ in range(3))
    weights = (query.double() @ key.double().transpose(-1, -2) / math.sqrt(64)).softmax(dim=-1)
    with _backend(bench, backend):
        attended = torch.nn.functional.scaled_dot_product_attention(
            query.to(bench.device), key.to(bench.device), value.to(bench.device)
        )
    return str(bench.compare(attended, weights @ value.double(), allowed=allowed))


def attention_math(bench: Bench) -> str:
    """Attend through plain products."""
    return _attend(bench, "math", bench.torch.float32, allowed=1e-4)


def attention_efficient(bench: Bench) -> str:
    """Attend through the memory-efficient kernels, which are compiled per architecture."""
    return _attend(bench, "efficient", bench.torch.float16, allowed=1e-2)


def attention_flash(bench: Bench) -> str:
    """Attend through FlashAttention, which exists from compute capability 8.0 on."""
    _need_ampere(bench)
    is_built = getattr(bench.torch.backends.cuda, "is_flash_attention_available", None)
    if is_built is not None and not is_built():
        bench.skip("not-in-this-build", "this build of torch has no FlashAttention")
    try:
        return _attend(bench, "flash", bench.torch.float16, allowed=1e-2)
    except RuntimeError as error:
        if is_built is None and _NO_KERNEL in str(error):  # Windows builds before torch 2.2
            bench.skip("not-in-this-build", "this build of torch has no FlashAttention")
        raise


def attention_cudnn(bench: Bench) -> str:
    """Attend through cuDNN, which torch takes first on some GPUs; it compiles its kernel for the shape."""
    _need_ampere(bench)
    if not hasattr(getattr(_nn_attention(), "SDPBackend", None), _NAMES["cudnn"]):
        bench.skip("not-in-this-build", f"torch {bench.torch.__version__} attends without cuDNN")
    try:
        return _attend(bench, "cudnn", bench.torch.float16, allowed=1e-2)
    except RuntimeError as error:
        if _NO_KERNEL in str(error):  # torch keeps a list of its own: capabilities, cuDNN versions, settings
            bench.skip("not-in-this-build", f"torch {bench.torch.__version__} does not attend through cuDNN here")
        raise


def _need_ampere(bench: Bench) -> None:
    if bench.device == "cuda":
        found = tuple(bench.torch.cuda.get_device_capability(0))
        if found < (8, 0):
            bench.skip("capability-too-low", f"needs compute capability 8.0, the GPU has {found[0]}.{found[1]}")


CHECKS = [
    ("torch-attention-math", attention_math, ("cuda", "cpu")),
    ("torch-attention-efficient", attention_efficient, ("cuda",)),
    ("torch-attention-flash", attention_flash, ("cuda",)),
    ("torch-attention-cudnn", attention_cudnn, ("cuda",)),
]
