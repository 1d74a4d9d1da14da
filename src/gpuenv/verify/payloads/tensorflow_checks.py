"""Checks TensorFlow: that it sees the device, and that a product and a convolution on it are right.

A check file of `gpuenv verify --full`, run by `harness.py` in a process of its own.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpuenv.verify.payloads.harness import Bench  # for type checkers: nothing of gpuenv is imported at run time


def import_tensorflow(bench: Bench) -> str:
    """Import TensorFlow and ask for GPUs: without its libraries it lists none, with a warning only."""
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # else it takes all of the GPU's memory
    tensorflow = importlib.import_module("tensorflow")
    bench.modules["tensorflow"] = tensorflow
    bench.fact("tensorflow", tensorflow.__version__)
    listed = tensorflow.config.list_physical_devices("GPU")
    if bench.device == "cuda" and not listed:
        bench.fail("library-uses-cpu", f"tensorflow {tensorflow.__version__} lists no GPU")
    return f"tensorflow {tensorflow.__version__}: {len(listed)} GPU"


def product(bench: Bench) -> str:
    """Multiply, double and shift on the device that the checks are for."""
    tensorflow = bench.modules["tensorflow"]
    left, right = bench.rows(48, 40), bench.rows(40, 32)
    with tensorflow.device("/GPU:0" if bench.device == "cuda" else "/CPU:0"):
        there = tensorflow.matmul(tensorflow.constant(left, "float32"), tensorflow.constant(right, "float32")) * 2 + 1
    _need_device(bench, there)
    expected = [[number * 2 + 1 for number in row] for row in bench.product(left, right)]
    return bench.compare_rows(there.numpy().tolist(), expected, allowed=5e-3)  # it runs in tf32 where there is tf32


def convolution(bench: Bench) -> str:
    """Convolve along one dimension (cuDNN on a GPU); the reference is plain Python."""
    tensorflow = bench.modules["tensorflow"]
    sound, kernels = bench.rows(40, 3), bench.rows(5 * 3, 4)
    with tensorflow.device("/GPU:0" if bench.device == "cuda" else "/CPU:0"):
        signal = tensorflow.constant([sound], "float32")
        filters = tensorflow.constant([kernels[place : place + 3] for place in range(0, 15, 3)], "float32")
        there = tensorflow.nn.conv1d(signal, filters, stride=1, padding="VALID")
    _need_device(bench, there)
    windows = [[number for row in sound[place : place + 5] for number in row] for place in range(36)]
    return bench.compare_rows(there.numpy()[0].tolist(), bench.product(windows, kernels), allowed=5e-3)


def _need_device(bench: Bench, answer: Any) -> None:  # noqa: ANN401 - a tensor
    if bench.device == "cuda" and "GPU" not in answer.device:
        bench.fail("library-uses-cpu", f"the answer was made on {answer.device}")


def finish(_bench: Bench) -> None:
    """Wait for nothing: the answer has been read."""


def is_device_usable(bench: Bench) -> bool:
    """Let the next check run in a process of its own: TensorFlow does not tell whether the device still answers."""
    return bench.device == "cpu"


def report_facts(bench: Bench) -> None:
    """Report the libraries that this process mapped."""
    bench.report_mapped("tensorflow-")


CHECKS = [
    ("tensorflow-import", import_tensorflow, ("cuda", "cpu"), True),
    ("tensorflow-product", product, ("cuda", "cpu")),
    ("tensorflow-convolution", convolution, ("cuda", "cpu")),
]
