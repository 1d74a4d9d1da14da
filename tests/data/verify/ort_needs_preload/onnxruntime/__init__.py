# ruff: noqa
# mypy: ignore-errors
"""Stands in for onnxruntime-gpu 1.23 beside pip's CUDA packages: the CPU's numbers, CUDA only after `preload_dlls`."""

import sys
from types import ModuleType, SimpleNamespace

__version__ = "1.23.2"
_loaded = []


def get_available_providers():
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]


def preload_dlls():
    _loaded.append("cudnn")


class SessionOptions:
    def add_session_config_entry(self, name, value):
        assert (name, value) == ("session.disable_cpu_ep_fallback", "1")


class InferenceSession:
    def __init__(self, _model, sess_options, providers):
        if not _loaded:
            sys.stderr.write(
                "[E:onnxruntime:Default, provider_bridge_ort.cc:2251 TryGetProviderInfo_CUDA] Failed to load library"
                " libonnxruntime_providers_cuda.so with error: libcublasLt.so.12: cannot open shared object file: No"
                " such file or directory\n"
            )

    def get_providers(self):
        return ["CUDAExecutionProvider", "CPUExecutionProvider"] if _loaded else ["CPUExecutionProvider"]

    def disable_fallback(self):
        pass

    def run(self, _outputs, inputs):
        return [_Answer()]


class _Answer:
    """Arrays in so far as the check needs them: the difference from the reference is zero."""

    def __sub__(self, _other):
        return self

    def max(self):
        return 0.0


class _Array:
    def __getattr__(self, _name):
        return lambda *_arguments, **_options: self

    def _operation(self, *_arguments):
        return self

    __getitem__ = __matmul__ = __mul__ = __sub__ = __truediv__ = __add__ = __radd__ = _operation


numpy = ModuleType("numpy")
numpy.random = SimpleNamespace(default_rng=lambda _seed: _Array())
numpy.abs = lambda value: value
for _name in ("pad", "einsum", "maximum", "exp"):
    setattr(numpy, _name, lambda *_arguments, **_options: _Array())
sys.modules["numpy"] = numpy
