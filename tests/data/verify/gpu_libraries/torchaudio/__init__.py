# ruff: noqa
# mypy: ignore-errors
"""Stands in for torchaudio."""

__version__ = "2.11.0"
