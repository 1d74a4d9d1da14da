# ruff: noqa
# mypy: ignore-errors
"""Stands in for CuPy."""

from types import SimpleNamespace

from library_faults import Array, factor

__version__ = "14.0.1"


def asarray(rows, dtype):
    return Array(rows) * factor("cupy")


def asnumpy(array):
    return array


cuda = SimpleNamespace(runtime=SimpleNamespace(getDeviceCount=lambda: 1, deviceSynchronize=lambda: None))
