"""gpuenv installs the builds of PyTorch and ONNX Runtime that really run on a given GPU, and proves it."""

from __future__ import annotations

TYPE_CHECKING = False  # as `typing` has it, whose import would double what `gpuenv --version` takes
if TYPE_CHECKING:
    from gpuenv.detect.host import detect_host
    from gpuenv.matrix.catalog import load_matrix
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.resolve.planner import make_plan
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.plan import plan

__version__ = "0.1.0"

_HOMES = {
    "Options": "gpuenv.workflow.options",
    "Reporter": "gpuenv.models.progress",
    "Surroundings": "gpuenv.models.surroundings",
    "detect_host": "gpuenv.detect.host",
    "load_matrix": "gpuenv.matrix.catalog",
    "make_plan": "gpuenv.resolve.planner",
    "plan": "gpuenv.workflow.plan",
}
"""The modules that names live in: loaded when first used, so that `import gpuenv` costs nothing.

Verbs that are the name of a room are not among them: they are `gpuenv.resolve.resolver.resolve` and the like."""

__all__ = ["Options", "Reporter", "Surroundings", "__version__", "detect_host", "load_matrix", "make_plan", "plan"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module  # noqa: PLC0415 - only a library's use pays for it

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
