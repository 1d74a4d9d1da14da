# ruff: noqa
# mypy: ignore-errors
"""Stands in for a CPU build of torch: what PyPI gives on Windows."""

from types import SimpleNamespace

__version__ = "2.9.1+cpu"
version = SimpleNamespace(cuda=None, hip=None)


class Generator:
    def manual_seed(self, _seed):
        return self


def _lazy_init():
    raise AssertionError("Torch not compiled with CUDA enabled")


cuda = SimpleNamespace(init=_lazy_init, synchronize=_lazy_init)
