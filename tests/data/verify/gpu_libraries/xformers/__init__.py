# ruff: noqa
# mypy: ignore-errors
"""Stands in for xFormers."""

__version__ = "0.0.36"
