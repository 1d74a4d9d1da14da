# ruff: noqa
# mypy: ignore-errors
"""Stands in for TensorFlow."""

from contextlib import nullcontext
from types import SimpleNamespace

from library_faults import Array, factor, sees_gpu

__version__ = "2.21.0"
config = SimpleNamespace(list_physical_devices=lambda _kind: ["GPU:0"] if sees_gpu("tensorflow") else [])


def device(_name):
    return nullcontext()


def constant(rows, _dtype):
    return Array(rows)


def matmul(left, right):
    return (left @ right) * factor("tensorflow")


def _conv1d(signal, filters, stride, padding):
    assert (stride, padding) == (1, "VALID")
    share = factor("tensorflow-convolution")
    windows = [sum(signal.rows[0][place : place + 5], []) for place in range(36)]
    kernels = [row for tap in filters.rows for row in tap]
    return Array([(Array(windows) @ Array(kernels) * share).rows])


nn = SimpleNamespace(conv1d=_conv1d)
