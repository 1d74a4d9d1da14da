"""Source 2: NVML, the driver's own management library, asked through nvidia-ml-py in a child process."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gpuenv.detect.sources.answers import Answer, BrokenDevice, nvml_fault
from gpuenv.detect.sources.payloads import Cut, parse_lines, run_payload
from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.hardware import Gpu, MigInstance, Probe

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAYLOAD: Final = Path(__file__).with_name("nvml_payload.py")


def ask_nvml(library: Path, environ: Mapping[str, str], *, timeout_s: float) -> Answer:
    """Ask NVML; `library` is its path, or its bare name where the loader knows it."""
    return parse_nvml(*read_nvml(library, environ, timeout_s=timeout_s))


def read_nvml(library: Path, environ: Mapping[str, str], *, timeout_s: float) -> tuple[str, Cut | None]:
    """Run the payload with nvidia-ml-py from where our own interpreter has it."""
    found = find_spec("pynvml")
    folder = Path(found.origin).parent if found is not None and found.origin else _PAYLOAD.parent
    preload = [str(library)] if library.is_absolute() else []
    return run_payload(_PAYLOAD, str(folder), *preload, environ=environ, timeout_s=timeout_s)


def parse_nvml(text: str, cut: Cut | None = None) -> Answer:
    """Read the payload's lines; `cut` is what ended them early.

    {"init": 0, "text": ""}
    {"driver": "580.95.05", "library": "13.580.95.05", "cuda": 13000}
    {"count": 1, "text": ""}
    {"index": 0, "name": "Tesla T4", "uuid": "GPU-5b2c...", "capability": [7, 5], "pci_device_id": "1EB8", ...}
    """
    told, devices = parse_lines(text, "index")
    if told.get("init"):
        return Answer(probe=Probe.NVML, outcome=nvml_fault(told["init"]), detail=told.get("text", ""))
    gpus = tuple(_gpu(device) for device in devices if "error" not in device)
    broken = [
        BrokenDevice(place=str(device["index"]), detail=device["text"]) for device in devices if "error" in device
    ]
    count = told.get("count") or 0
    if cut is not None:
        broken += [BrokenDevice(place=str(index), detail=cut.code) for index in range(len(devices), count)]
    return Answer(
        probe=Probe.NVML,
        outcome="ok" if gpus or cut is None else cut.code,
        detail="" if gpus or cut is None else cut.detail,
        gpus=gpus,
        driver_version=_driver_version(told.get("driver")),
        cuda_version=CudaVersion.from_driver_number(told["cuda"]) if told.get("cuda") else None,
        broken=tuple(broken),
    )


def _gpu(device: Mapping[str, Any]) -> Gpu:
    capability = device["capability"]
    return Gpu(
        name=device["name"],
        capabilities=(ComputeCapability(major=capability[0], minor=capability[1]),) if capability else (),
        probe=Probe.NVML,
        index=device["index"],
        uuid=device["uuid"],
        pci_device_id=device["pci_device_id"],
        pci_bus_id=device["pci_bus_id"],
        memory_bytes=device["memory_bytes"],
        is_mig=device["mig"],
        mig_instances=_instances(device["mig_instances"], device["name"]),
    )


def _instances(told: list[Mapping[str, Any]] | None, gpu_name: str) -> tuple[MigInstance, ...] | None:
    if told is None:
        return None
    return tuple(
        MigInstance(name=one["name"] or f"{gpu_name} MIG", uuid=one["uuid"], memory_bytes=one["memory_bytes"])
        for one in told
    )


def _driver_version(text: str | None) -> DriverVersion | None:
    try:
        return DriverVersion.parse(text) if text else None
    except ValueError:
        return None
