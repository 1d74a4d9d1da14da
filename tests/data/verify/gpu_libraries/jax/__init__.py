# ruff: noqa
# mypy: ignore-errors
"""Stands in for JAX."""

from types import SimpleNamespace

from library_faults import factor, sees_gpu

__version__ = "0.10.2"


def devices():
    return [SimpleNamespace(platform="gpu" if sees_gpu("jax") else "cpu")]


def jit(function):
    return lambda *arguments: function(*arguments) * factor("jax")
