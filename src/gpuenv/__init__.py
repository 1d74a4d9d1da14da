"""gpuenv installs the builds of PyTorch and ONNX Runtime that really run on a given GPU, and proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__version__ = "0.1.0"

_VERBS = {
    "detect_host": "gpuenv.detect.host",
    "load_matrix": "gpuenv.matrix.catalog",
    "make_plan": "gpuenv.resolve.planner",
    "resolve": "gpuenv.resolve.resolver",
}
"""The verbs and the modules they live in: loaded when first used, so that `import gpuenv` costs nothing."""

__all__ = ["__version__", "detect_host", "load_matrix", "make_plan", "resolve"]


def __getattr__(name: str) -> Callable[..., Any]:
    if name not in _VERBS:
        raise AttributeError(name)
    from importlib import import_module  # noqa: PLC0415 - only a library's use pays for it

    verb: Callable[..., Any] = getattr(import_module(_VERBS[name]), name)
    return verb
