"""Checks packages that bring CUDA kernels of their own for torch: bitsandbytes, xFormers, flash-attn.

A check file of `gpuenv verify --full`, run by `harness.py` in one process after `torch_checks.py`. What is not
installed is skipped.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpuenv.verify.payloads.harness import Bench  # for type checkers: nothing of gpuenv is imported at run time


def _need_package(bench: Bench, name: str) -> Any:  # noqa: ANN401 - a module
    if importlib.util.find_spec(name) is None:
        bench.skip("not-installed", f"{name} is not installed")
    module = importlib.import_module(name)
    bench.fact(name, getattr(module, "__version__", "?"))
    return module


def _attended(query: Any, key: Any, value: Any) -> Any:  # noqa: ANN401 - tensors
    """Attend in float64 on the CPU; the tensors are batch x length x heads x width, as both packages take them."""
    wide = [tensor.double().transpose(1, 2) for tensor in (query, key, value)]
    weights = (wide[0] @ wide[1].transpose(-1, -2) / math.sqrt(query.shape[-1])).softmax(dim=-1)
    return (weights @ wide[2]).transpose(1, 2)


def _attend(bench: Bench, function: Any) -> str:  # noqa: ANN401 - the package's own
    half = [bench.random(2, 96, 4, 64, dtype=bench.torch.float16) for _ in range(3)]
    answer = function(*(tensor.to(bench.device) for tensor in half))
    return str(bench.compare(answer, _attended(*half), allowed=1e-2))


def quantise(bench: Bench) -> str:
    """Quantise to 4 bits (NF4) and back with bitsandbytes: each number must come back as near as a code is.

    The reference takes, for each block of 64, the nearest of the 16 codes on the CPU. Two codes that are equally near
    are equally right, so distances are compared, not codes.
    """
    found = _need_package(bench, "bitsandbytes")
    if bench.device == "cpu" and importlib.util.find_spec("bitsandbytes.backends") is None:
        bench.skip("not-in-this-build", f"bitsandbytes {found.__version__} computes on GPUs only")
    functional = importlib.import_module("bitsandbytes.functional")
    torch = bench.torch
    numbers = bench.random(64, 256)
    packed, state = functional.quantize_4bit(numbers.to(bench.device), blocksize=64, quant_type="nf4")
    returned = functional.dequantize_4bit(packed, state).cpu().double()
    blocks = numbers.double().reshape(-1, 64)
    largest = blocks.abs().amax(dim=1, keepdim=True)
    codes = torch.tensor(_NF4, dtype=torch.float64)
    nearest = ((blocks / largest).unsqueeze(-1) - codes).abs().amin(dim=-1)
    distance = (returned.reshape(-1, 64) - blocks).abs() / largest
    excess = float((distance - nearest).max())
    if not excess <= _NF4_ALLOWED:  # also catches NaN
        bench.fail("wrong-numbers", f"numbers come back {excess:.1e} further away than the nearest code")
    return f"back within {excess:.1e} of the nearest code"


_NF4_ALLOWED = 2e-3
_NF4 = (
    *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453),
    *(-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0),
    *(0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224),
    *(0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0),
)
"""The codes of NF4: QLoRA (arXiv 2305.14314), appendix E."""


def xformers_attention(bench: Bench) -> str:
    """Attend with xFormers, by whichever of its kernels it chooses for this GPU."""
    _need_package(bench, "xformers")
    return _attend(bench, importlib.import_module("xformers.ops").memory_efficient_attention)


def flash_attention(bench: Bench) -> str:
    """Attend with the package flash-attn, whose kernels exist from compute capability 8.0 on."""
    found = _need_package(bench, "flash_attn")
    capability = tuple(bench.torch.cuda.get_device_capability(0))
    if capability < (8, 0):
        bench.skip("capability-too-low", f"needs compute capability 8.0, the GPU has {'.'.join(map(str, capability))}")
    return _attend(bench, found.flash_attn_func)


CHECKS = [
    ("bitsandbytes-quantise", quantise, ("cuda", "cpu")),
    ("xformers-attention", xformers_attention, ("cuda",)),
    ("flash-attn-attention", flash_attention, ("cuda",)),
]
