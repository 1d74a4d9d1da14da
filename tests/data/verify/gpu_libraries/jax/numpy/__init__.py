# ruff: noqa
# mypy: ignore-errors
"""Stands in for jax.numpy."""

from library_faults import Array


def asarray(rows, dtype):
    return Array(rows)


def matmul(left, right, precision):
    return left @ right
