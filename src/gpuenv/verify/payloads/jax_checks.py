"""Checks JAX: that it takes the device, and that XLA's code for it computes.

A check file of `gpuenv verify --full`, run by `harness.py` in a process of its own.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuenv.verify.payloads.harness import Bench  # for type checkers: nothing of gpuenv is imported at run time


def import_jax(bench: Bench) -> str:
    """Import JAX and ask which device it takes by itself: it falls back to the CPU with a warning only."""
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # else it takes three quarters of the GPU's memory
    jax = importlib.import_module("jax")
    bench.modules["jax"] = jax
    bench.fact("jax", jax.__version__)
    platform = jax.devices()[0].platform
    if bench.device == "cuda" and platform == "cpu":
        bench.fail("library-uses-cpu", f"jax {jax.__version__} takes the CPU")
    return f"jax {jax.__version__}: {platform}"


def product(bench: Bench) -> str:
    """Multiply and add in a function compiled by XLA."""
    jax = bench.modules["jax"]
    numpy = importlib.import_module("jax.numpy")
    left, right = bench.rows(48, 40), bench.rows(40, 32)
    compiled = jax.jit(lambda one, other: numpy.matmul(one, other, precision="highest") * 2 + 1)
    there = compiled(numpy.asarray(left, dtype="float32"), numpy.asarray(right, dtype="float32"))
    there.block_until_ready()
    expected = [[number * 2 + 1 for number in row] for row in bench.product(left, right)]
    return bench.compare_rows(there.tolist(), expected, allowed=1e-4)


def convolution(bench: Bench) -> str:
    """Convolve (cuDNN on a GPU, whose version JAX compares with its own); the reference is plain Python."""
    numpy = importlib.import_module("jax.numpy")
    sound, kernel = bench.rows(1, 300)[0], bench.rows(1, 9)[0]
    compiled = bench.modules["jax"].jit(
        lambda one, other: numpy.convolve(one, other, mode="valid", precision="highest")
    )
    there = compiled(numpy.asarray(sound, dtype="float32"), numpy.asarray(kernel, dtype="float32"))
    there.block_until_ready()
    windows = [sound[place : place + 9] for place in range(292)]
    expected = bench.product(windows, [[number] for number in reversed(kernel)])
    return bench.compare_rows([[number] for number in there.tolist()], expected, allowed=1e-4)


def finish(_bench: Bench) -> None:
    """Wait for nothing: the checks have waited for their answers."""


def is_device_usable(bench: Bench) -> bool:
    """Let the next check run in a process of its own: JAX does not tell whether the device still answers."""
    return bench.device == "cpu"


def report_facts(bench: Bench) -> None:
    """Report the libraries that this process mapped."""
    bench.report_mapped("jax-")


CHECKS = [
    ("jax-import", import_jax, ("cuda", "cpu"), True),
    ("jax-product", product, ("cuda", "cpu")),
    ("jax-convolution", convolution, ("cuda", "cpu")),
]
