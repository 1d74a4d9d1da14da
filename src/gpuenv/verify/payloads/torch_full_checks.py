"""Checks what torch brings in besides its own kernels: Triton through `torch.compile`, torchaudio, NCCL.

A check file of `gpuenv verify --full`, run by `harness.py` in one process after `torch_checks.py`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpuenv.verify.payloads.harness import Bench  # for type checkers: nothing of gpuenv is imported at run time


def _need_package(bench: Bench, name: str) -> Any:  # noqa: ANN401 - a module
    if importlib.util.find_spec(name) is None:
        bench.skip("not-installed", f"{name} is not installed")
    module = importlib.import_module(name)
    bench.fact(name, module.__version__)
    return module


def compile_with_triton(bench: Bench) -> str:
    """Compile a function through Triton: its ptxas, its launcher's C compiler and the driver must all take part."""
    torch = bench.torch
    if not hasattr(torch, "compile"):
        bench.skip("not-in-this-build", f"torch {torch.__version__} has no torch.compile")
    if bench.device == "cuda":
        major, minor = torch.cuda.get_device_capability(0)
        if major < _TRITON_MAJOR:
            bench.skip("capability-too-low", f"Triton needs compute capability 7.0, the GPU has {major}.{minor}")
        _need_package(bench, "triton")
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # helpers of its own would outlive the check

    def softened(numbers: Any) -> Any:  # noqa: ANN401 - tensors
        return (numbers.sin() * 2 + numbers.softmax(dim=-1)).sum(dim=-1)

    numbers = bench.random(64, 1031)
    try:
        compiled = torch.compile(softened, backend="inductor", fullgraph=True, dynamic=False)
        answer = compiled(numbers.to(bench.device))
    except RuntimeError as error:
        if re.search(r"supported .*Python 3\.\d+\+|Python 3\.\d+\+ not yet supported", str(error)):
            bench.skip("not-in-this-build", str(error).split("\n", maxsplit=1)[0])  # torch lags behind new Pythons
        raise
    return str(bench.compare(answer, softened(numbers.double()), allowed=1e-4))


_TRITON_MAJOR = 7
"""Inductor ends with `GPUTooOldForTriton` on older GPUs."""


def resample(bench: Bench) -> str:
    """Resample sound with torchaudio, down and up; the reference is the same in float64 on the CPU."""
    torchaudio = _need_package(bench, "torchaudio")
    functional = importlib.import_module("torchaudio.functional")
    sound = bench.random(2, 4410)
    for rate in (16000, 48000):
        answer = functional.resample(sound.to(bench.device), 44100, rate)
        bench.compare(answer, functional.resample(sound.double(), 44100, rate), allowed=5e-3)  # cuDNN may take tf32
    return f"torchaudio {torchaudio.__version__}: 44100 Hz to 16000 and 48000 Hz"


def all_reduce(bench: Bench) -> str:
    """Sum numbers over all visible GPUs with NCCL; with one GPU the sum is the number itself."""
    torch = bench.torch
    distributed = torch.distributed
    if not distributed.is_available() or not distributed.is_nccl_available():
        bench.skip("not-in-this-build", f"torch {torch.__version__} brings no NCCL here")
    nccl = importlib.import_module("torch.cuda.nccl")
    bench.fact("nccl", ".".join(map(str, nccl.version())))
    places = [f"cuda:{place}" for place in range(torch.cuda.device_count())]
    numbers = [bench.random(65_537) for _ in places]
    sums = [torch.zeros(65_537, device=place) for place in places]
    nccl.all_reduce([part.to(place) for part, place in zip(numbers, places)], sums)  # noqa: B905 - Python 3.8
    for place in range(len(places)):
        torch.cuda.synchronize(place)
    expected = sum(part.double() for part in numbers)
    details = [str(bench.compare(found, expected, allowed=1e-5)) for found in sums]
    # A communicator of one GPU copies: that NCCL is there and starts is all that one GPU can show.
    what = f"{len(places)} GPUs" if len(places) > 1 else "1 GPU, nothing to exchange"
    return f"{what}: {details[-1]}"


CHECKS = [
    ("torch-compile", compile_with_triton, ("cuda", "cpu")),
    ("torchaudio-resample", resample, ("cuda", "cpu")),
    ("torch-all-reduce", all_reduce, ("cuda", "cuda-group")),
]
