# ruff: noqa
# mypy: ignore-errors
"""Stands in for Triton: it is there."""

__version__ = "3.8.0"
