# ruff: noqa
# mypy: ignore-errors
"""Stands in for a torch without the libraries of its CUDA major."""

raise ImportError("libcudart.so.12: cannot open shared object file: No such file or directory")
