"""Shows what this machine is, as JSON (design section 5) and as text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gpuenv.models.hardware import Presence
from gpuenv.models.notice import Notice
from gpuenv.models.request import GPU_FAMILY
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.messages import phrase
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.hardware import Gpu, HostDetails, HostFacts
    from gpuenv.models.platform import Platform
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

_GIB: Final = 1024**3
_SHOWN: Final = frozenset({*GPU_FAMILY, "onnxruntime", "onnxruntime-directml"})
"""The packages that `gpuenv detect` names; `-v` names all."""


def detection_result(
    host: HostFacts,
    details: HostDetails,
    environment: Environment | None,
    *,
    notes: tuple[Notice, ...],
    saved: Path | None,
    language: Language,
) -> CommandResult:
    """Make the outcome of `gpuenv detect`: whatever was found, finding it is success."""
    return CommandResult(
        status="ok",
        exit_code=0,
        data={
            "host": {**host_as_json(host, language), "details": details_as_json(details)},
            "environment": environment_as_json(environment),
            "warnings": [notice_as_json(note, language) for note in notes],
            "saved": str(saved) if saved else None,
        },
        write=partial(_write, host=host, details=details, environment=environment, notes=notes, saved=saved),
    )


def host_as_json(host: HostFacts, language: Language) -> dict[str, Any]:
    """Make the `host` of the contract."""
    driver = host.driver
    return {
        "presence": host.presence.value,
        "gpus": [_gpu_as_json(gpu) for gpu in host.gpus],
        "driver": {
            "version": _text(driver.version),
            "cuda_version": _text(driver.cuda_version),
            "probe": driver.probe.value,
        }
        if driver
        else None,
        "platform": host.platform.name,
        "glibc": ".".join(map(str, host.platform.glibc)) if host.platform.glibc else None,
        "wsl": host.platform.is_wsl,
        "container": host.container,
        "other_gpus": list(host.other_gpus),
        "problems": [notice_as_json(problem, language) for problem in host.problems],
        "probes": [
            {"probe": answer.probe.value, "outcome": answer.outcome, "detail": answer.detail} for answer in host.probes
        ],
    }


def details_as_json(details: HostDetails) -> dict[str, Any]:
    """Make the `details` of `host`."""
    return {
        "system": details.system,
        "kernel": details.kernel,
        "kernel_module": details.kernel_module,
        "memory_bytes": details.memory_bytes,
        "disk_free_bytes": details.disk_free_bytes,
        "toolkits": [{"root": found.root, "version": _text(found.version)} for found in details.toolkits],
        "shadowing": list(details.shadowing),
    }


def environment_as_json(environment: Environment | None) -> dict[str, Any] | None:
    """Make the `environment`: null where there is none."""
    if environment is None:
        return None
    return {
        "root": str(environment.root),
        "kind": environment.kind,
        "python": str(environment.python_version),
        "interpreter": str(environment.python),
        "site_packages": str(environment.site_packages),
        "distributions": [_distribution_as_json(found) for found in environment.distributions],
        "remnants": list(environment.remnants),
    }


def _gpu_as_json(gpu: Gpu) -> dict[str, Any]:
    capabilities = [str(capability) for capability in gpu.capabilities]
    return {
        "index": gpu.index,
        "name": gpu.name,
        "compute_capability": capabilities[0] if capabilities else None,
        **({"compute_capabilities": capabilities} if len(capabilities) > 1 else {}),
        "uuid": gpu.uuid,
        "pci_device_id": gpu.pci_device_id,
        "pci_bus_id": gpu.pci_bus_id,
        "memory_bytes": gpu.memory_bytes,
        "mig": gpu.is_mig,
        "probe": gpu.probe.value,
    }


def _distribution_as_json(found: InstalledDistribution) -> dict[str, Any]:
    return {
        "name": found.name,
        "version": str(found.version),
        "build_tag": found.build_tag,
        "installer": found.installer,
        "editable": found.is_editable,
        "direct_url": found.direct_url,
        "problems": list(found.problems),
    }


def _write(
    terminal: Terminal,
    *,
    host: HostFacts,
    details: HostDetails,
    environment: Environment | None,
    notes: tuple[Notice, ...],
    saved: Path | None,
) -> None:
    """Write one line per thing, the GPUs first."""
    _write_gpus(terminal, host)
    if host.driver is not None:
        cuda = f", CUDA {host.driver.cuda_version}" if host.driver.cuda_version else ""
        terminal.print(f"driver    {host.driver.version or '?'}{cuda}")
    terminal.print(f"platform  {_platform(host.platform, host.container)}")
    if environment is not None:
        _write_environment(terminal, environment)
    if terminal.verbosity > 0:
        _write_details(terminal, details)
        for answer in host.probes:
            terminal.print(
                f"source    {answer.probe.value:<10} {answer.outcome:<8} {answer.detail}".rstrip(), style="dim"
            )
    shadows = (Notice.of("libraries-shadowed", folders=details.shadowing),) if details.shadowing else ()
    for note in (*host.problems, *shadows, *notes):
        terminal.notice("warning", note)
    if saved is not None:
        terminal.say(phrase("machine-saved", {"path": str(saved)}, terminal.language).message)


def _write_gpus(terminal: Terminal, host: HostFacts) -> None:
    style = {Presence.PRESENT: "green", Presence.UNUSABLE: "yellow", Presence.ABSENT: None}[host.presence]
    for gpu in host.gpus:
        memory = f", {round(gpu.memory_bytes / _GIB)} GiB" if gpu.memory_bytes else ""
        capabilities = " or ".join(map(str, gpu.capabilities)) or "?"
        place = "" if gpu.index is None else f"{gpu.index}: "
        mig = ", MIG" if gpu.is_mig else ""
        terminal.print(f"GPU       {place}{gpu.name}, compute capability {capabilities}{memory}{mig}", style=style)
    if host.presence is not Presence.PRESENT:
        terminal.print(
            f"GPU       {phrase(f'presence-{host.presence.value}', {}, terminal.language).message}", style=style
        )
    for name in host.other_gpus:
        sentence = phrase("other-gpu", {"name": name}, terminal.language)
        terminal.print(f"GPU       {sentence.message}", style="dim")


def _write_environment(terminal: Terminal, environment: Environment) -> None:
    terminal.print(f"python    {environment.python_version} ({environment.kind} {environment.root})")
    for found in environment.distributions:
        if found.name in _SHOWN or found.problems or terminal.verbosity > 0:
            tag = f" ({found.build_tag})" if found.build_tag and not found.version.local else ""
            broken = f"  [{', '.join(found.problems)}]" if found.problems else ""
            terminal.print(f"package   {found.name} {found.version}{tag}{broken}", style="red" if broken else None)
    if environment.remnants:
        names = ", ".join(environment.remnants)
        terminal.print(f"package   {phrase('remnants', {'names': names}, terminal.language).message}", style="red")


def _write_details(terminal: Terminal, details: HostDetails) -> None:
    memory = f", {round(details.memory_bytes / _GIB)} GiB" if details.memory_bytes else ""
    disk = f", {round(details.disk_free_bytes / _GIB)} GiB free on disk" if details.disk_free_bytes is not None else ""
    terminal.print(f"system    {details.system}, kernel {details.kernel or '?'}{memory}{disk}")
    if details.kernel_module:
        terminal.print(f"module    {details.kernel_module}")
    for toolkit in details.toolkits:
        terminal.print(f"toolkit   CUDA {toolkit.version or '?'} ({toolkit.root})")


def _platform(platform: Platform, container: str | None) -> str:
    parts: list[str] = [platform.name]
    parts += [f"glibc {'.'.join(map(str, platform.glibc))}"] if platform.glibc else []
    parts += ["WSL"] if platform.is_wsl else []
    parts += [f"container {container}"] if container else []
    return ", ".join(parts)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
