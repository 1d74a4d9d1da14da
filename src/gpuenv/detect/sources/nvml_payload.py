"""Asks NVML for everything at once, in a process of its own: a driver can hang or crash whoever asks it.

Run by path with `-I -S`; imports nothing of gpuenv. Arguments: the folder of `pynvml.py`, and optionally the library
to load first. Writes one JSON object per line and flushes it, so that what was told before a hang is kept.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def tell(**facts: object) -> None:
    """Write one line of facts."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def ask(nvml: ModuleType, question: Callable[..., Any], *arguments: object) -> tuple[Any, int]:
    """Ask one question: the answer and 0, or None and NVML's return code."""
    try:
        return question(*arguments), 0
    except nvml.NVMLError as error:
        return None, int(error.value)
    except UnicodeDecodeError:
        return None, int(nvml.NVML_ERROR_UNKNOWN)


def describe(nvml: ModuleType, index: int) -> dict[str, Any]:
    """Describe one device; a field that cannot be told is None, a device that cannot be opened has an `error`."""
    handle, error = ask(nvml, nvml.nvmlDeviceGetHandleByIndex, index)
    if error:
        return {"error": error, "text": text_of(nvml, error)}
    name, error = ask(nvml, nvml.nvmlDeviceGetName, handle)
    if error:
        return {"error": error, "text": text_of(nvml, error)}
    pci, _ = ask(nvml, nvml.nvmlDeviceGetPciInfo, handle)
    memory, _ = ask(nvml, nvml.nvmlDeviceGetMemoryInfo, handle)
    mig, _ = ask(nvml, nvml.nvmlDeviceGetMigMode, handle)
    bus_id = None if pci is None else pci.busId  # bytes in older versions of nvidia-ml-py
    return {
        "name": name,
        "uuid": ask(nvml, nvml.nvmlDeviceGetUUID, handle)[0],
        "capability": ask(nvml, nvml.nvmlDeviceGetCudaComputeCapability, handle)[0],
        "pci_device_id": None if pci is None else f"{pci.pciDeviceId >> 16:04X}",
        "pci_bus_id": bus_id.decode("ascii", "replace") if isinstance(bus_id, bytes) else bus_id,
        "memory_bytes": None if memory is None else int(memory.total),
        "mig": None if mig is None else bool(mig[0]),
        "mig_instances": instances_of(nvml, handle) if mig is not None and mig[0] else None,
    }


def instances_of(nvml: ModuleType, handle: object) -> list[dict[str, Any]] | None:
    """Describe the MIG instances of a device; None where nobody tells whether there are any."""
    places, error = ask(nvml, nvml.nvmlDeviceGetMaxMigDeviceCount, handle)
    if error:
        return None
    found = [ask(nvml, nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, place) for place in range(places)]
    free = {nvml.NVML_ERROR_NOT_FOUND, nvml.NVML_ERROR_INVALID_ARGUMENT}
    if all(error for _, error in found) and any(error not in free for _, error in found):
        return None
    return [
        {
            "name": ask(nvml, nvml.nvmlDeviceGetName, instance)[0],
            "uuid": ask(nvml, nvml.nvmlDeviceGetUUID, instance)[0],
            "memory_bytes": None if memory is None else int(memory.total),
        }
        for instance, _ in found
        if instance is not None
        for memory, _ in [ask(nvml, nvml.nvmlDeviceGetMemoryInfo, instance)]
    ]


def text_of(nvml: ModuleType, number: int) -> str:
    """NVML's own words for a return code."""
    return str(nvml.NVMLError(number))


def main(folder: str, *library: str) -> None:
    """Load the library and tell: `init`, then the driver, then each device."""
    sys.path.append(folder)
    import pynvml as nvml  # noqa: PLC0415 - found in the folder that was just added

    for path in library:
        import ctypes  # noqa: PLC0415 - only where the loader would not find the library by itself

        try:
            ctypes.CDLL(path)
        except OSError as failure:
            tell(init=nvml.NVML_ERROR_LIBRARY_NOT_FOUND, text=str(failure))
            return
    _, error = ask(nvml, nvml.nvmlInit)
    tell(init=error, text=text_of(nvml, error) if error else "")
    if error:
        return
    tell(
        driver=ask(nvml, nvml.nvmlSystemGetDriverVersion)[0],
        library=ask(nvml, nvml.nvmlSystemGetNVMLVersion)[0],
        cuda=ask(nvml, nvml.nvmlSystemGetCudaDriverVersion)[0],
    )
    count, error = ask(nvml, nvml.nvmlDeviceGetCount)
    tell(count=count, text=text_of(nvml, error) if error else "")
    for index in range(count or 0):
        tell(index=index, **describe(nvml, index))


if __name__ == "__main__":
    main(*sys.argv[1:])
