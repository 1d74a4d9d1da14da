"""Source 3: libcuda, the library that programs will load, asked in a child process.

It is what counts for the driver CUDA version (a cuda-compat package raises it), and for what CUDA_VISIBLE_DEVICES
leaves visible. Jetson boards and containers with only the `compute` capability have it and no NVML.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gpuenv.detect.sources.answers import Answer
from gpuenv.detect.sources.payloads import Cut, parse_lines, run_payload
from gpuenv.models.cuda import ComputeCapability, CudaVersion
from gpuenv.models.hardware import Gpu, Probe

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAYLOAD: Final = Path(__file__).with_name("libcuda_payload.py")

_FAULTS: Final = {
    100: "driver-no-device",
    101: "driver-no-device",
    304: "driver-no-permission",
    802: "driver-not-ready",
    803: "driver-library-mismatch",
    804: "forward-compat-refused",
    999: "driver-access-lost",
}
"""`CUresult` numbers of cuda.h that name a cause: NO_DEVICE, INVALID_DEVICE, OPERATING_SYSTEM, SYSTEM_NOT_READY,
SYSTEM_DRIVER_MISMATCH, COMPAT_NOT_SUPPORTED_ON_DEVICE, UNKNOWN."""


def ask_libcuda(library: Path, environ: Mapping[str, str], *, timeout_s: float, with_devices: bool) -> Answer:
    """Ask libcuda for its CUDA version, and with `with_devices` for what it shows. `library` as for NVML."""
    return parse_libcuda(*read_libcuda(library, environ, timeout_s=timeout_s, with_devices=with_devices))


def read_libcuda(
    library: Path, environ: Mapping[str, str], *, timeout_s: float, with_devices: bool
) -> tuple[str, Cut | None]:
    """Run the payload, which loads the library as any program would."""
    wanted = ["devices"] if with_devices else []
    return run_payload(_PAYLOAD, str(library), *wanted, environ=environ, timeout_s=timeout_s)


def parse_libcuda(text: str, cut: Cut | None = None) -> Answer:
    """Read the payload's lines; `cut` is what ended them early.

    {"version": 12080}
    {"init": 0, "count": 1}
    {"ordinal": 0, "name": "Orin", "capability": [8, 7], "uuid": "1d2f...", "pci_bus_id": null, ...}
    """
    told, devices = parse_lines(text, "ordinal")
    if "load" in told:
        return Answer(probe=Probe.LIBCUDA, outcome="driver-library-missing", detail=told["load"])
    number = told.get("version")
    version = CudaVersion.from_driver_number(number) if number else None
    if told.get("init"):
        fault = _FAULTS.get(told["init"], "driver-failed")
        return Answer(probe=Probe.LIBCUDA, outcome=fault, detail=f"cuInit: error {told['init']}", cuda_version=version)
    gpus = tuple(_gpu(device) for device in devices if "error" not in device)
    if cut is not None and not gpus:
        return Answer(probe=Probe.LIBCUDA, outcome=cut.code, detail=cut.detail, cuda_version=version)
    return Answer(probe=Probe.LIBCUDA, gpus=gpus, cuda_version=version)


def _gpu(device: Mapping[str, Any]) -> Gpu:
    return Gpu(
        name=device["name"],
        capabilities=(ComputeCapability(major=device["capability"][0], minor=device["capability"][1]),),
        probe=Probe.LIBCUDA,
        index=device["ordinal"],
        uuid=_uuid(device["uuid"]),
        pci_bus_id=device["pci_bus_id"],
        memory_bytes=device["memory_bytes"],
    )


def _uuid(digits: str | None) -> str | None:
    """Write 32 hex digits as NVML does: `GPU-5b2c7d1e-...`."""
    if not digits:
        return None
    places = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
    return "GPU-" + "-".join(digits[start:end] for start, end in places)
