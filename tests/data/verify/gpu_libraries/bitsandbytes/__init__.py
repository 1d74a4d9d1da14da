# ruff: noqa
# mypy: ignore-errors
"""Stands in for bitsandbytes."""

__version__ = "0.49.1"
