# ruff: noqa
# mypy: ignore-errors
"""Stands in for torch 2.9.1+cu130 on a GTX 1080 Ti: everything but a kernel works, and every kernel fails."""

from contextlib import nullcontext
from types import SimpleNamespace

__version__ = "2.9.1+cu130"

_ERROR = """CUDA error: no kernel image is available for execution on the device
Search for `cudaErrorNoKernelImageForDevice' in https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html for more information.
CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.
For debugging consider passing CUDA_LAUNCH_BLOCKING=1
Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.
"""


class AcceleratorError(RuntimeError):
    pass


class Tensor:
    def __init__(self, device="cpu"):
        self.device = device

    def to(self, target):
        return Tensor("cuda") if target == "cuda" else self

    def _operation(self, *_arguments, **_options):
        if self.device == "cuda":
            raise AcceleratorError(_ERROR)
        return self

    def __getattr__(self, name):
        return [] if name == "tolist" else self._operation

    __add__ = __mul__ = __truediv__ = __matmul__ = __gt__ = __getitem__ = __pow__ = __rsub__ = __sub__ = _operation

    def tolist(self):
        return [[0.0] * 7] * 11


class Generator:
    def __init__(self, device="cpu"):
        self.device = device

    def manual_seed(self, _seed):
        return self


def randn(*_shape, generator, device="cpu"):
    return Tensor()._operation() if device == "cpu" else Tensor("cuda")._operation()


def _made(*_arguments, device="cpu", **_options):
    return Tensor(device)._operation()


zeros = ones = eye = tensor = view_as_complex = cat = _made


def equal(first, _second):
    first._operation()

float8_e4m3fn = float16 = float32 = float64 = bfloat16 = "a dtype"


class _Namespace:
    def __getattr__(self, _name):
        return lambda first, *_arguments, **_options: first._operation()


fft, linalg, sparse = _Namespace(), _Namespace(), _Namespace()
version = SimpleNamespace(cuda="13.0", hip=None)
_flags = SimpleNamespace(allow_tf32=False)
backends = SimpleNamespace(
    cuda=SimpleNamespace(matmul=_flags, sdp_kernel=lambda **_flags: nullcontext()),
    cudnn=SimpleNamespace(allow_tf32=True, is_available=lambda: True, version=lambda: 91300),
)
cuda = SimpleNamespace(
    init=lambda: None,
    device_count=lambda: 1,
    get_device_name=lambda _index: "NVIDIA GeForce GTX 1080 Ti",
    get_device_capability=lambda _index: (6, 1),
    get_arch_list=lambda: ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"],
    synchronize=lambda: None,
)
_C = SimpleNamespace(_cuda_getDriverVersion=lambda: 13000)

from torch import nn
