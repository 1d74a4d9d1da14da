# ruff: noqa
# mypy: ignore-errors
"""Stands in for a GPU on which one kernel never ends; every other fails."""

import time
from types import SimpleNamespace

__version__ = "2.9.1+cu130"


class Tensor:
    def __init__(self, device="cpu"):
        self.device = device

    def to(self, target):
        return Tensor("cuda") if target == "cuda" else self

    def sort(self):
        time.sleep(3600)

    def __getattr__(self, _name):
        return self._operation

    def _operation(self, *_arguments, **_options):
        if self.device == "cuda":
            raise RuntimeError("CUDA error: no kernel image is available for execution on the device")
        return self

    __mul__ = __add__ = __gt__ = __truediv__ = __matmul__ = __getitem__ = _operation


class Generator:
    def __init__(self, device="cpu"):
        pass

    def manual_seed(self, _seed):
        return self


def randn(*_shape, generator, device="cpu"):
    return Tensor()


version = SimpleNamespace(cuda="13.0", hip=None)
backends = SimpleNamespace(cudnn=SimpleNamespace(is_available=lambda: False))
cuda = SimpleNamespace(
    init=lambda: None,
    device_count=lambda: 1,
    get_device_name=lambda _index: "a GPU",
    get_device_capability=lambda _index: (6, 1),
    get_arch_list=lambda: ["sm_60"],
    synchronize=lambda: None,
)
_C = SimpleNamespace()
