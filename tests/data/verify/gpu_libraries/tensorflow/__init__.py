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
