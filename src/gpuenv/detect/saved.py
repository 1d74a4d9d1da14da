"""Writes a machine down and reads it back: `gpuenv detect --save FILE`, `--target FILE`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.hardware import Driver, Gpu, HostFacts, MsvcRuntime, Presence, Probe
from gpuenv.models.platform import PLATFORM_NAMES, Platform, PythonVersion
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SCHEMA: Final = 1

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMachine:
    """A machine as it was written down. Problems and probes are not: they were those of the moment."""

    host: HostFacts
    python: PythonVersion | None
    """Of the environment that was looked at; None where there was none."""


def write_saved(
    path: Path, host: HostFacts, python: PythonVersion | None, *, date: str, name: str | None = None
) -> None:
    """Write the description; a `.jsonl` file gets it as one more line, for `plan --batch`.

    Raises `machine-not-saved` where that cannot be done.
    """
    is_list = path.suffix == ".jsonl"
    text = render_saved(host, python, date=date, name=name, indent=None if is_list else 2)
    try:
        with path.open("a" if is_list else "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise GpuenvError("machine-not-saved", path=str(path), detail=error.strerror or str(error)) from error


def read_saved(path: Path) -> SavedMachine:
    """Read a description. Raises `machine-unreadable` and as `parse_saved` does."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise UsageError("machine-unreadable", path=str(path), detail=detail) from error
    return parse_saved(text, origin=str(path))


def render_saved(
    host: HostFacts, python: PythonVersion | None, *, date: str, name: str | None = None, indent: int | None = 2
) -> str:
    """Make the description: what a resolution depends on, and nothing that tells whose machine it is.

    Only a `name` that was asked for is in it, as the `id` of a line of a batch.
    """
    told = {
        "schema": SCHEMA,
        **({"id": name} if name is not None else {}),
        "saved": date,
        "presence": host.presence.value,
        "gpus": [
            {
                "name": gpu.name,
                "compute_capabilities": [str(capability) for capability in gpu.capabilities],
                "pci_device_id": gpu.pci_device_id,
                "memory_bytes": gpu.memory_bytes,
            }
            for gpu in host.gpus
        ],
        "driver": {
            "version": _text(host.driver.version),
            "cuda_version": _text(host.driver.cuda_version),
        }
        if host.driver
        else None,
        "platform": host.platform.name,
        "glibc": ".".join(map(str, host.platform.glibc)) if host.platform.glibc else None,
        "wsl": host.platform.is_wsl,
        "container": host.container,
        "msvc_runtime": {"version": host.msvc_runtime.version} if host.msvc_runtime else None,
        "other_gpus": list(host.other_gpus),
        "python": _text(python),
    }
    return json.dumps(told, indent=indent, ensure_ascii=False) + "\n"


def parse_saved(text: str, *, origin: str) -> SavedMachine:
    """Read what `render_saved` made; fields that it does not know are left alone.

    Raises the usage errors `machine-invalid` (which field) and `machine-schema-newer`.
    """
    try:
        told = json.loads(text)
    except ValueError as error:
        raise UsageError("machine-invalid", path=origin, field="JSON", value=str(error)) from error
    if not isinstance(told, dict) or not isinstance(told.get("schema"), int):
        raise UsageError("machine-invalid", path=origin, field="schema", value=None)
    if told["schema"] > SCHEMA:
        raise UsageError("machine-schema-newer", path=origin, schema=told["schema"], known=SCHEMA)
    machine = _Fields(told, origin)
    gpus = tuple(_gpu(_Fields(gpu, origin), index) for index, gpu in enumerate(machine.read("gpus", _list)))
    return SavedMachine(
        host=HostFacts(
            gpus=gpus,
            driver=machine.optional("driver", lambda driver: _driver(_Fields(driver, origin))),
            platform=Platform(
                name=machine.read("platform", lambda name: PLATFORM_NAMES[PLATFORM_NAMES.index(name)]),
                glibc=machine.optional("glibc", _glibc),
                is_wsl=machine.optional("wsl", bool) or False,
            ),
            presence=machine.optional("presence", Presence) or (Presence.PRESENT if gpus else Presence.ABSENT),
            other_gpus=tuple(map(str, machine.optional("other_gpus", _list) or ())),
            container=machine.optional("container", str),
            msvc_runtime=machine.optional("msvc_runtime", lambda runtime: _runtime(_Fields(runtime, origin))),
        ),
        python=machine.optional("python", PythonVersion.parse),
    )


class _Fields:
    """The fields of one JSON object, read with errors that name the field."""

    def __init__(self, told: object, origin: str) -> None:
        self._origin = origin
        if not isinstance(told, dict):
            raise UsageError("machine-invalid", path=origin, field="gpus", value=str(told))
        self._told: Mapping[str, Any] = told

    def read(self, name: str, parse: Callable[[Any], Value]) -> Value:
        """Read a field that has to be there."""
        value = self._told.get(name)
        try:
            return parse(value)
        except (ValueError, TypeError, AttributeError) as error:
            shown = None if value is None else str(value)
            raise UsageError("machine-invalid", path=self._origin, field=name, value=shown) from error

    def optional(self, name: str, parse: Callable[[Any], Value]) -> Value | None:
        """Read a field that may be missing or null."""
        return None if self._told.get(name) is None else self.read(name, parse)


def _gpu(told: _Fields, index: int) -> Gpu:
    return Gpu(
        name=told.read("name", _string),
        capabilities=told.read("compute_capabilities", _capabilities),
        probe=Probe.DESCRIBED,
        index=index,
        pci_device_id=told.optional("pci_device_id", _string),
        memory_bytes=told.optional("memory_bytes", int),
    )


def _driver(told: _Fields) -> Driver:
    return Driver(
        version=told.optional("version", DriverVersion.parse),
        cuda_version=told.optional("cuda_version", CudaVersion.parse),
        probe=Probe.DESCRIBED,
    )


def _runtime(told: _Fields) -> MsvcRuntime:
    return MsvcRuntime(version=told.optional("version", _string))


def _capabilities(value: object) -> tuple[ComputeCapability, ...]:
    return tuple(map(ComputeCapability.parse, _list(value)))


def _glibc(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _text(value: object) -> str | None:
    return None if value is None else str(value)
