"""Asks the sources of the driver, 2 to 4, as far as needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.detect.sources.answers import ABSENT, Answer
from gpuenv.detect.sources.libraries import LIBCUDA, NVML, find_driver_library
from gpuenv.models.hardware import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gpuenv.detect.sources.deadline import Deadline

_WHOLE_DRIVER: Final = frozenset(
    {"driver-hangs", "driver-library-mismatch", "driver-no-permission", "driver-not-loaded"}
)
"""Faults that every source of the driver would tell."""


def ask_driver(environ: Mapping[str, str], *, root: Path, deadline: Deadline) -> Iterator[Answer]:
    """Ask NVML; libcuda where that is silent or cannot tell; nvidia-smi where neither told of a GPU."""
    nvml = _ask_nvml(environ, root=root, deadline=deadline)
    yield nvml
    if nvml.fault in _WHOLE_DRIVER or (nvml.gpus and nvml.cuda_version):
        return
    cuda = ask_libcuda(environ, root=root, deadline=deadline, with_devices=not nvml.gpus)
    yield cuda
    if not (nvml.gpus or cuda.gpus or cuda.fault in _WHOLE_DRIVER):
        yield _ask_nvidia_smi(environ, root=root, deadline=deadline)


def ask_libcuda(environ: Mapping[str, str], *, root: Path, deadline: Deadline, with_devices: bool) -> Answer:
    """Ask libcuda for its CUDA version, and with `with_devices` for what it shows."""
    library = find_driver_library(LIBCUDA, environ, root=root)
    if library is None:
        return Answer(probe=Probe.LIBCUDA, outcome=ABSENT)
    from gpuenv.detect.sources.libcuda import ask_libcuda as ask  # noqa: PLC0415 - only where there is the library

    return ask(library, environ, timeout_s=deadline.left_s, with_devices=with_devices)


def _ask_nvml(environ: Mapping[str, str], *, root: Path, deadline: Deadline) -> Answer:
    library = find_driver_library(NVML, environ, root=root)
    if library is None:
        return Answer(probe=Probe.NVML, outcome=ABSENT)
    from gpuenv.detect.sources.nvml import ask_nvml  # noqa: PLC0415 - only where there is the library

    return ask_nvml(library, environ, timeout_s=deadline.left_s)


def _ask_nvidia_smi(environ: Mapping[str, str], *, root: Path, deadline: Deadline) -> Answer:
    from gpuenv.detect.sources.programs import find_nvidia_smi  # noqa: PLC0415 - only where the libraries told of no GPU

    program = find_nvidia_smi(environ, root=root)
    if program is None:
        return Answer(probe=Probe.NVIDIA_SMI, outcome=ABSENT)
    from gpuenv.detect.sources.nvidia_smi import ask_nvidia_smi  # noqa: PLC0415 - only where there is the program

    return ask_nvidia_smi(program, environ, deadline=deadline)
