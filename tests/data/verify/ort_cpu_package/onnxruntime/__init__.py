# ruff: noqa
# mypy: ignore-errors
"""Stands in for onnxruntime-gpu after plain onnxruntime was installed over it: the folder is the CPU package's."""

__version__ = "1.23.2"


def get_available_providers():
    return ["AzureExecutionProvider", "CPUExecutionProvider"]
