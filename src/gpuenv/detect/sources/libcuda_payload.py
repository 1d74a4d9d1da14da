"""Asks libcuda which CUDA version it speaks and which devices it shows, in a process of its own.

Run by path with `-I -S`; imports nothing of gpuenv. Arguments: the library, and `devices` to initialise CUDA and list
what this environment lets a program see. Writes one JSON object per line and flushes it.
"""

from __future__ import annotations

import ctypes
import json
import sys
from typing import Any

_NAME_BYTES = 256
_UUID_BYTES = 16
_CAPABILITY_MAJOR = 75
_CAPABILITY_MINOR = 76
"""`CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR` and `_MINOR` (cuda.h)."""


def tell(**facts: object) -> None:
    """Write one line of facts."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def describe(cuda: ctypes.CDLL, ordinal: int) -> dict[str, Any]:
    """Describe one device in the order in which programs see them."""
    device = ctypes.c_int()
    error = cuda.cuDeviceGet(ctypes.byref(device), ctypes.c_int(ordinal))
    if error:
        return {"error": error}
    name = ctypes.create_string_buffer(_NAME_BYTES)
    bus = ctypes.create_string_buffer(_NAME_BYTES)
    uuid = (ctypes.c_ubyte * _UUID_BYTES)()
    major, minor = ctypes.c_int(), ctypes.c_int()
    memory = ctypes.c_size_t()
    cuda.cuDeviceGetName(name, ctypes.c_int(_NAME_BYTES), device)
    cuda.cuDeviceGetAttribute(ctypes.byref(major), ctypes.c_int(_CAPABILITY_MAJOR), device)
    cuda.cuDeviceGetAttribute(ctypes.byref(minor), ctypes.c_int(_CAPABILITY_MINOR), device)
    # The second version tells a MIG instance's own UUID; drivers before R470 have only the first.
    ask_uuid = getattr(cuda, "cuDeviceGetUuid_v2", None) or cuda.cuDeviceGetUuid
    has_uuid = not ask_uuid(ctypes.byref(uuid), device)
    has_bus = not cuda.cuDeviceGetPCIBusId(bus, ctypes.c_int(_NAME_BYTES), device)
    has_memory = not cuda.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    return {
        "name": name.value.decode("utf-8", "replace"),
        "capability": [major.value, minor.value],
        "uuid": bytes(uuid).hex() if has_uuid else None,
        "pci_bus_id": bus.value.decode("ascii", "replace") if has_bus else None,
        "memory_bytes": memory.value if has_memory else None,
    }


def main(library: str, *wanted: str) -> None:
    """Tell the version, and the devices if they are wanted."""
    try:
        cuda = ctypes.CDLL(library)
    except OSError as failure:
        tell(load=str(failure))
        return
    version = ctypes.c_int()
    error = cuda.cuDriverGetVersion(ctypes.byref(version))
    tell(version=None if error else version.value)
    if "devices" not in wanted:
        return
    error = cuda.cuInit(ctypes.c_uint(0))
    count = ctypes.c_int()
    if not error:
        error = cuda.cuDeviceGetCount(ctypes.byref(count))
    tell(init=error, count=count.value)
    for ordinal in range(0 if error else count.value):
        tell(ordinal=ordinal, **describe(cuda, ordinal))


if __name__ == "__main__":
    main(*sys.argv[1:])
