"""Checks CuPy: a kernel that it compiles with NVRTC, and a product by cuBLAS.

A check file of `gpuenv verify --full`, run by `harness.py` in a process of its own.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuenv.verify.payloads.harness import Bench  # for type checkers: nothing of gpuenv is imported at run time


def import_cupy(bench: Bench) -> str:
    """Import CuPy and see the device."""
    cupy = importlib.import_module("cupy")
    bench.modules["cupy"] = cupy
    bench.fact("cupy", cupy.__version__)
    return f"cupy {cupy.__version__}: {cupy.cuda.runtime.getDeviceCount()} visible"


def product(bench: Bench) -> str:
    """Multiply by cuBLAS, then double and shift in a kernel made on the spot by NVRTC."""
    cupy = bench.modules["cupy"]
    left, right = bench.rows(48, 40), bench.rows(40, 32)
    there = cupy.asarray(left, dtype="float32") @ cupy.asarray(right, dtype="float32")
    expected = [[number * 2 + 1 for number in row] for row in bench.product(left, right)]
    return bench.compare_rows(cupy.asnumpy(there * 2 + 1).tolist(), expected, allowed=5e-3)  # it may run in tf32


def finish(bench: Bench) -> None:
    """Wait for the device."""
    bench.modules["cupy"].cuda.runtime.deviceSynchronize()


def is_device_usable(bench: Bench) -> bool:
    """Tell whether the device still answers."""
    try:
        finish(bench)
    except Exception:  # noqa: BLE001 - the type differs by version
        return False
    return True


def report_facts(bench: Bench) -> None:
    """Report the libraries that this process mapped."""
    bench.report_mapped("cupy-")


CHECKS = [
    ("cupy-import", import_cupy, ("cuda",), True),
    ("cupy-product", product, ("cuda",)),
]
