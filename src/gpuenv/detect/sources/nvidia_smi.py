"""Source 4: nvidia-smi, the driver's own program, for where its libraries cannot be loaded from Python."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv import process
from gpuenv.detect.sources.answers import Answer, BrokenDevice, nvml_fault
from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.hardware import Gpu, Probe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.detect.sources.deadline import Deadline

FIELDS: Final = ("index", "name", "uuid", "pci.device_id", "pci.bus_id", "memory.total", "driver_version")
CAPABILITY_FIELD: Final = "compute_cap"
"""Since R470 or so; an older program refuses the whole query (`is not a valid field to query`)."""

_UNKNOWN: Final = re.compile(
    r"\[?(?:N/A|Not Supported|Unknown Error|GPU is lost|No Permissions?)\]?|ERR!", re.IGNORECASE
)
_BROKEN: Final = re.compile(
    r"Unable to determine the device handle for (?:GPU ?)?(?P<bus>[0-9A-F:.]+?\.\d)?:? *(?P<why>.*)", re.IGNORECASE
)
_HEADER_CUDA: Final = re.compile(r"CUDA (?:UMD )?Version\s*:\s*(\d+\.\d+)")
_HEADER_DRIVER: Final = re.compile(r"(?:Driver|KMD) Version\s*:\s*(\d+(?:\.\d+)+)")
_NO_DEVICES: Final = "No devices were found"
_REFUSED_FIELD: Final = "not a valid field"
_MIB: Final = 1024 * 1024


def ask_nvidia_smi(program: Path, environ: Mapping[str, str], *, deadline: Deadline) -> Answer:
    """Ask nvidia-smi for every card, then for the CUDA version, which only the header of its table tells."""
    table, exit_code = read_nvidia_smi(program, environ, deadline=deadline)
    if exit_code is None:
        return Answer(probe=Probe.NVIDIA_SMI, outcome="driver-hangs")
    answer = parse_nvidia_smi(table, exit_code)
    if not answer.gpus:
        return answer
    header = process.run([str(program)], env=environ, timeout_s=deadline.left_s).stdout
    return Answer(
        probe=Probe.NVIDIA_SMI,
        gpus=answer.gpus,
        broken=answer.broken,
        driver_version=answer.driver_version or parse_header_driver(header),
        cuda_version=parse_header_cuda(header),
    )


def read_nvidia_smi(program: Path, environ: Mapping[str, str], *, deadline: Deadline) -> tuple[str, int | None]:
    """Query all fields, without the capability where the program does not know it: text and exit code, None: hung."""
    ran = _query(program, (*FIELDS, CAPABILITY_FIELD), environ, timeout_s=deadline.left_s)
    if _REFUSED_FIELD in ran.stdout + ran.stderr:
        ran = _query(program, FIELDS, environ, timeout_s=deadline.left_s)
    return ran.stdout + ran.stderr, None if ran.timed_out else ran.exit_code


def _query(
    program: Path, fields: tuple[str, ...], environ: Mapping[str, str], *, timeout_s: float
) -> process.ProcessResult:
    argv = [str(program), f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"]
    return process.run(argv, env={**environ, "LC_ALL": "C"}, timeout_s=timeout_s)


def parse_nvidia_smi(text: str, exit_code: int) -> Answer:
    """Read rows of FIELDS, with or without the capability at the end, among lines of complaint.

    0, NVIDIA GeForce RTX 5090, GPU-0d2c..., 0x2B8510DE, 00000000:01:00.0, 32607, 580.95.05, 12.0
    """
    gpus: list[Gpu] = []
    broken: list[BrokenDevice] = []
    version: DriverVersion | None = None
    for line in text.splitlines():
        cells = [_cell(cell) for cell in line.strip().split(", ")]
        lost = _BROKEN.search(line)
        if lost is not None:
            broken.append(BrokenDevice(place=lost["bus"] or "?", detail=lost["why"].strip(" .:")))
        elif len(cells) >= len(FIELDS) and cells[0] is not None and cells[0].isdigit():
            gpus.append(_gpu(cells))
            version = version or _driver_version(cells[6])
    if gpus:
        return Answer(probe=Probe.NVIDIA_SMI, gpus=tuple(gpus), broken=tuple(broken), driver_version=version)
    detail = " ".join(text.split())
    if _NO_DEVICES in text:
        return Answer(probe=Probe.NVIDIA_SMI, detail=_NO_DEVICES)
    fault = nvml_fault(exit_code) if exit_code else "driver-failed"
    if "Unknown Error" in text:
        fault = "driver-access-lost"
    return Answer(probe=Probe.NVIDIA_SMI, outcome=fault, detail=detail, broken=tuple(broken))


def parse_header_cuda(text: str) -> CudaVersion | None:
    """Read the driver CUDA version from the table's header; newer programs call it `CUDA UMD Version`.

    | NVIDIA-SMI 610.43.02              KMD Version: 610.43.02     CUDA UMD Version: 13.3     |
    """
    found = _HEADER_CUDA.search(text)
    return CudaVersion.parse(found[1]) if found else None


def parse_header_driver(text: str) -> DriverVersion | None:
    """Read the driver version from the table's header; newer programs call it `KMD Version`."""
    found = _HEADER_DRIVER.search(text)
    return _driver_version(found[1]) if found else None


def _gpu(cells: list[str | None]) -> Gpu:
    index, name, uuid, pci_device, bus, memory, _driver, *capability = cells
    return Gpu(
        name=name or "NVIDIA GPU",
        capabilities=_capabilities(capability[0] if capability else None),
        probe=Probe.NVIDIA_SMI,
        index=int(index) if index else None,
        uuid=uuid,
        pci_device_id=pci_device.upper().removeprefix("0X")[:4] if pci_device else None,
        pci_bus_id=bus,
        memory_bytes=int(memory.split()[0].split(",")[0].split(".")[0]) * _MIB
        if memory and memory[0].isdigit()
        else None,
    )


def _capabilities(text: str | None) -> tuple[ComputeCapability, ...]:
    """Read `8.6`, or `8,6` as some locales print it."""
    try:
        return (ComputeCapability.parse(text.replace(",", ".")),) if text else ()
    except ValueError:
        return ()


def _cell(text: str) -> str | None:
    cleaned = text.strip()
    return None if not cleaned or _UNKNOWN.fullmatch(cleaned) else cleaned


def _driver_version(text: str | None) -> DriverVersion | None:
    try:
        return DriverVersion.parse(text) if text else None
    except ValueError:
        return None
