# ruff: noqa
# mypy: ignore-errors
"""Stands in for onnxruntime-gpu 1.18 without CUDA's libraries: it prints the cause, and takes the CPU."""

import sys

__version__ = "1.18.1"


def get_available_providers():
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]


class SessionOptions:
    def add_session_config_entry(self, _name, _value):
        pass


class InferenceSession:
    def __init__(self, _model, sess_options, providers):
        sys.stderr.write(
            "[E:onnxruntime:Default, provider_bridge_ort.cc:1745 TryGetProviderInfo_CUDA] Failed to load library"
            " libonnxruntime_providers_cuda.so with error: libcublasLt.so.11: cannot open shared object file: No such"
            " file or directory\n"
            "[W:onnxruntime:Default, onnxruntime_pybind_state.cc:870 CreateExecutionProviderInstance] Failed to create"
            " CUDAExecutionProvider. Require cuDNN 8.* and CUDA 11.*, and the latest MSVC runtime.\n"
        )

    def get_providers(self):
        return ["CPUExecutionProvider"]

    def disable_fallback(self):
        pass
