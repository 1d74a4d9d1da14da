"""Checks the libraries that torch computes with: cuBLAS, cuDNN, cuFFT, NVRTC, cuSOLVER, cuSPARSE, torchvision.

A check file, run by `harness.py` in one process after `torch_checks.py`, whose import of torch it uses. On a CPU the
same functions check what takes the place of those libraries there.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.verify.payloads.harness import Bench  # for type checkers: nothing of gpuenv is imported at run time


def _need(bench: Bench, capability: tuple[int, int]) -> None:
    """Skip the check on a GPU below that compute capability."""
    if bench.device == "cuda":
        found = tuple(bench.torch.cuda.get_device_capability(0))
        if found < capability:
            wanted, here = (".".join(map(str, numbers)) for numbers in (capability, found))
            bench.skip("capability-too-low", f"needs compute capability {wanted}, the GPU has {here}")


@contextmanager
def _tf32(bench: Bench, *, allowed: bool) -> Iterator[None]:
    """Allow or forbid tf32 in matrix products and convolutions."""
    backends = bench.torch.backends
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32
        backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32 = allowed, allowed
        try:
            yield
        finally:
            backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32 = before


def _product(bench: Bench, dtype: Any, *, allowed: float) -> str:  # noqa: ANN401 - a dtype
    left, right = bench.random(192, 320, dtype=dtype), bench.random(320, 128, dtype=dtype)
    product = left.to(bench.device) @ right.to(bench.device)
    return str(bench.compare(product, left.double() @ right.double(), allowed=allowed))


def matmul_float32(bench: Bench) -> str:
    """Multiply in full float32; a small product also against plain Python arithmetic."""
    with _tf32(bench, allowed=False):
        left, right = bench.random(11, 7), bench.random(7, 5)
        rows, columns = left.tolist(), right.t().tolist()
        plain = [[math.fsum(row[k] * column[k] for k in range(7)) for column in columns] for row in rows]
        expected = bench.torch.tensor(plain, dtype=bench.torch.float64)
        bench.compare(left.to(bench.device) @ right.to(bench.device), expected, allowed=1e-5)
        return _product(bench, bench.torch.float32, allowed=1e-5)


def matmul_tf32(bench: Bench) -> str:
    """Multiply float32 numbers on tensor cores."""
    _need(bench, (8, 0))
    with _tf32(bench, allowed=True):
        return _product(bench, bench.torch.float32, allowed=5e-3)


def matmul_float16(bench: Bench) -> str:
    """Multiply in half precision."""
    return _product(bench, bench.torch.float16, allowed=5e-3)


def matmul_bfloat16(bench: Bench) -> str:
    """Multiply in bfloat16."""
    _need(bench, (8, 0))
    return _product(bench, bench.torch.bfloat16, allowed=2e-2)


def matmul_float8(bench: Bench) -> str:
    """Multiply in float8 e4m3 with unit scales."""
    _need(bench, (8, 9))
    torch = bench.torch
    if not hasattr(torch, "float8_e4m3fn") or not hasattr(torch, "_scaled_mm"):
        bench.skip("not-in-this-build", f"torch {torch.__version__} multiplies no float8")
    left = bench.random(64, 128, dtype=torch.float8_e4m3fn)
    right = bench.random(32, 128, dtype=torch.float8_e4m3fn)
    one = torch.ones((), device=bench.device)
    there = left.to(bench.device), right.to(bench.device).t()
    try:
        product = torch._scaled_mm(*there, scale_a=one, scale_b=one, out_dtype=torch.bfloat16)  # noqa: SLF001 - no public name
    except RuntimeError as error:
        if "only supported" in str(error):  # Ada before torch 2.3, Windows and older CUDA versions
            bench.skip("not-in-this-build", str(error).split("\n", maxsplit=1)[0])
        raise
    product = product[0] if isinstance(product, tuple) else product  # a pair up to torch 2.4
    return str(bench.compare(product, left.to(torch.float64) @ right.to(torch.float64).t(), allowed=2e-2))


def convolution(bench: Bench) -> str:
    """Convolve forwards and backwards; the reference multiplies the unfolded windows in float64."""
    torch = bench.torch
    images, kernels = bench.random(2, 8, 30, 34), bench.random(16, 8, 3, 3)
    there = kernels.to(bench.device).requires_grad_()
    with _tf32(bench, allowed=False):
        convolved = torch.nn.functional.conv2d(images.to(bench.device), there, padding=1)
        convolved.pow(2).sum().backward()
    windows, expected = _convolved(bench, images, kernels)
    gradient = (2 * expected) @ windows.transpose(1, 2)
    bench.compare(there.grad, gradient.sum(dim=0).reshape(kernels.shape), allowed=1e-4)
    detail = bench.compare(convolved.flatten(2), expected, allowed=1e-4)
    return f"{_by_cudnn(bench)}{detail}"


def convolution_float16(bench: Bench) -> str:
    """Convolve in half precision: GTX 16 cards multiply so rightly, and give NaN here (pytorch#58123, #77955)."""
    torch = bench.torch
    images, kernels = bench.random(2, 64, 56, 56, dtype=torch.float16), bench.random(64, 64, 3, 3, dtype=torch.float16)
    convolved = torch.nn.functional.conv2d(images.to(bench.device), kernels.to(bench.device), padding=1)
    _, expected = _convolved(bench, images, kernels)
    return f"{_by_cudnn(bench)}{bench.compare(convolved.flatten(2), expected, allowed=2e-2)}"


def _convolved(bench: Bench, images: Any, kernels: Any) -> tuple[Any, Any]:  # noqa: ANN401 - tensors
    """Convolve in float64 on the CPU: the windows, and their products with the kernels."""
    windows = bench.torch.nn.functional.unfold(images.double(), kernel_size=3, padding=1)
    return windows, kernels.double().flatten(1) @ windows


def _by_cudnn(bench: Bench) -> str:
    """Say which cuDNN convolves, or that torch does it alone."""
    if bench.device == "cpu":
        return ""
    cudnn = bench.torch.backends.cudnn
    return f"cuDNN {cudnn.version()}: " if cudnn.is_available() else "without cuDNN: "


def fourier(bench: Bench) -> str:
    """Transform there and compare, then back again."""
    torch = bench.torch
    numbers = bench.random(16, 1000)
    spectrum = torch.fft.rfft(numbers.to(bench.device))
    bench.compare(torch.fft.irfft(spectrum, n=1000), numbers, allowed=1e-5)
    return str(bench.compare(spectrum, torch.fft.rfft(numbers.double()), allowed=1e-5))


def complex_abs(bench: Bench) -> str:
    """Take absolute values of complex numbers: a kernel that torch compiles on the spot with NVRTC."""
    parts = bench.random(4096, 2)
    numbers = bench.torch.view_as_complex(parts)
    return str(bench.compare(numbers.to(bench.device).abs(), parts.double().pow(2).sum(dim=1).sqrt(), allowed=1e-5))


def solve(bench: Bench) -> str:
    """Solve linear systems and find eigenvalues (cuSOLVER on a GPU)."""
    torch = bench.torch
    factor = bench.random(96, 96)
    matrix = factor @ factor.t() / 96 + torch.eye(96)
    there = matrix.to(bench.device)
    right = bench.random(96, 3)
    wide = matrix.double()
    solved = torch.linalg.solve(there, right.to(bench.device))
    bench.compare(solved, torch.linalg.solve(wide, right.double()), allowed=1e-3)
    bench.compare(torch.linalg.cholesky(there), torch.linalg.cholesky(wide), allowed=1e-3)
    return str(bench.compare(torch.linalg.eigvalsh(there), torch.linalg.eigvalsh(wide), allowed=1e-3))


def sparse(bench: Bench) -> str:
    """Multiply a sparse matrix (cuSPARSE on a GPU)."""
    dense, right = bench.random(200, 150), bench.random(150, 20)
    dense = dense * (dense > 1)
    product = bench.torch.sparse.mm(dense.to_sparse().to(bench.device), right.to(bench.device))
    return str(bench.compare(product, dense.double() @ right.double(), allowed=1e-5))


def non_maximum_suppression(bench: Bench) -> str:
    """Suppress overlapping boxes with torchvision's own kernel; the reference is plain Python."""
    if importlib.util.find_spec("torchvision") is None:
        bench.skip("not-installed", "torchvision is not installed")
    torchvision = importlib.import_module("torchvision")
    bench.fact("torchvision", torchvision.__version__)
    # Whole numbers: the overlaps are then exact, and none falls on the threshold by rounding.
    corners, scores = (bench.random(200, 2) * 20).round(), bench.random(200)
    boxes = bench.torch.cat([corners, corners + (bench.random(200, 2).abs() * 20).ceil() + 1], dim=1)
    kept = torchvision.ops.nms(boxes.to(bench.device), scores.to(bench.device), 0.5).cpu().tolist()
    expected: list[int] = []
    for place in scores.argsort(descending=True).tolist():
        if all(_overlap(boxes[place].tolist(), boxes[other].tolist()) <= 0.5 for other in expected):  # noqa: PLR2004
            expected.append(place)
    if kept != expected:
        bench.fail("wrong-numbers", f"kept {len(kept)} boxes, {len(expected)} expected")
    return f"kept {len(kept)} of 200 boxes"


def _overlap(one: list[float], other: list[float]) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / (areas - shared)


CHECKS = [
    ("torch-matmul-float32", matmul_float32, ("cuda", "cpu")),
    ("torch-matmul-tf32", matmul_tf32, ("cuda",)),
    ("torch-matmul-float16", matmul_float16, ("cuda",)),
    ("torch-matmul-bfloat16", matmul_bfloat16, ("cuda", "cpu")),
    ("torch-matmul-float8", matmul_float8, ("cuda",)),
    ("torch-convolution", convolution, ("cuda", "cpu")),
    ("torch-convolution-float16", convolution_float16, ("cuda",)),
    ("torch-fft", fourier, ("cuda", "cpu")),
    ("torch-complex-abs", complex_abs, ("cuda",)),
    ("torch-solve", solve, ("cuda", "cpu")),
    ("torch-sparse", sparse, ("cuda", "cpu")),
    ("torchvision-nms", non_maximum_suppression, ("cuda", "cpu")),
]
