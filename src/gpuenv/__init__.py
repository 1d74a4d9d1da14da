"""gpuenv installs the builds of PyTorch and ONNX Runtime that really run on a given GPU, and proves it."""

from __future__ import annotations

TYPE_CHECKING = False  # as `typing` has it, whose import would double what `gpuenv --version` takes
if TYPE_CHECKING:
    from gpuenv.detect.host import detect_host
    from gpuenv.matrix.catalog import load_matrix
    from gpuenv.resolve.planner import make_plan

__version__ = "0.1.0"

_VERBS = {
    "detect_host": "gpuenv.detect.host",
    "load_matrix": "gpuenv.matrix.catalog",
    "make_plan": "gpuenv.resolve.planner",
}
"""The verbs and the modules they live in: loaded when first used, so that `import gpuenv` costs nothing.

`resolve` is not among them, since `gpuenv.resolve` is a room: it is `gpuenv.resolve.resolver.resolve`."""

__all__ = ["__version__", "detect_host", "load_matrix", "make_plan"]


def __getattr__(name: str) -> object:
    if name not in _VERBS:
        raise AttributeError(name)
    from importlib import import_module  # noqa: PLC0415 - only a library's use pays for it

    return getattr(import_module(_VERBS[name]), name)
