"""Source 1: what the user states by GPUENV_GPUS and GPUENV_DRIVER instead of having it detected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.errors import UsageError
from gpuenv.models.cuda import ComputeCapability, DriverVersion
from gpuenv.models.hardware import Gpu, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gpuenv.models.matrix import GpuModel

GPUS: Final = "GPUENV_GPUS"
DRIVER: Final = "GPUENV_DRIVER"
TIMEOUT: Final = "GPUENV_PROBE_TIMEOUT"

_TIMEOUT_S: Final = 4.0

_NONE: Final = frozenset({"none", "cpu"})


def stated_gpus(environ: Mapping[str, str], gpu_models: Callable[[], Sequence[GpuModel]]) -> tuple[Gpu, ...] | None:
    """Read GPUENV_GPUS: names or capabilities joined by commas, `none` for no GPU; None where it is not set.

    Raises `UsageError("override-invalid")` for a name that is not in the matrix.
    """
    text = environ.get(GPUS, "").strip()
    if not text:
        return None
    if text.lower() in _NONE:
        return ()
    return tuple(
        _stated_gpu(name.strip(), index, gpu_models) for index, name in enumerate(text.split(",")) if name.strip()
    )


def stated_driver(environ: Mapping[str, str]) -> DriverVersion | None:
    """Read GPUENV_DRIVER, e.g. 580.95.05; None where it is not set.

    Raises `UsageError("override-invalid")` for what is no driver version.
    """
    text = environ.get(DRIVER, "").strip()
    if not text:
        return None
    try:
        return DriverVersion.parse(text)
    except ValueError as error:
        raise UsageError("override-invalid", variable=DRIVER, value=text, example="580.95.05") from error


def probe_timeout_s(environ: Mapping[str, str]) -> float:
    """Time for one source, in seconds; GPUENV_PROBE_TIMEOUT is for machines that wake many cards one by one.

    Raises `UsageError("override-invalid")` for what is no positive number.
    """
    text = environ.get(TIMEOUT, "").strip()
    if not text:
        return _TIMEOUT_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError("override-invalid", variable=TIMEOUT, value=text, example="20")
    return seconds


def _stated_gpu(name: str, index: int, gpu_models: Callable[[], Sequence[GpuModel]]) -> Gpu:
    try:
        capability = ComputeCapability.parse(name)
    except ValueError:
        from gpuenv.detect.sources.recognition import find_by_name, find_by_part  # noqa: PLC0415 - only for names

        known = gpu_models()
        models = find_by_name(name, known)
        label = models[0].name if models else name
        models = models or find_by_part(name, known)
        if not models:
            raise UsageError("override-invalid", variable=GPUS, value=name, example="rtx-5090,sm_86") from None
        return Gpu(
            name=label,
            capabilities=tuple(sorted({model.capability for model in models})),
            probe=Probe.OVERRIDE,
            index=index,
        )
    return Gpu(name=capability.sm, capabilities=(capability,), probe=Probe.OVERRIDE, index=index)
