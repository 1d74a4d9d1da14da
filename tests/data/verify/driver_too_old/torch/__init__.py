# ruff: noqa
# mypy: ignore-errors
"""Stands in for torch 2.9.1+cu130 on a driver of CUDA 12.8."""

from types import SimpleNamespace

__version__ = "2.9.1+cu130"
version = SimpleNamespace(cuda="13.0", hip=None)


class Generator:
    def manual_seed(self, _seed):
        return self


def _lazy_init():
    raise RuntimeError(
        "The NVIDIA driver on your system is too old (found version 12080). Please update your GPU driver by"
        " downloading and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx"
        " Alternatively, go to: https://pytorch.org to install a PyTorch version that has been compiled with your"
        " version of the CUDA driver."
    )


cuda = SimpleNamespace(init=_lazy_init, synchronize=_lazy_init)
