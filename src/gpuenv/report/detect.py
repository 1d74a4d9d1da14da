"""Shows what this machine is, as JSON and as text that a person reads in ten seconds."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from gpuenv.models.hardware import Presence
from gpuenv.models.request import GPU_FAMILY
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.labels import label, write_labelled
from gpuenv.report.machine import details_as_json, environment_as_json, host_as_json
from gpuenv.report.messages import phrase
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gpuenv.errors import ContextValue
    from gpuenv.models.environment import Environment, InstalledDistribution, SharedFolder
    from gpuenv.models.hardware import CudaToolkit, Gpu, HostDetails, HostFacts
    from gpuenv.models.notice import Notice
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

_GIB: Final = 1024**3
_COLUMN: Final = 10
"""Cells that the labels take."""
_SHOWN: Final = frozenset({*GPU_FAMILY, "onnxruntime", "onnxruntime-directml"})
"""The packages that `gpuenv detect` names; `-v` names all."""


def detection_result(
    host: HostFacts,
    details: HostDetails,
    environment: Environment | None,
    *,
    shared_folders: tuple[SharedFolder, ...],
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
            "environment": environment_as_json(environment, shared_folders),
            "warnings": [notice_as_json(note, language) for note in notes],
            "saved": str(saved) if saved else None,
        },
        write=partial(_write, host, details, environment, shared_folders, notes, saved),
    )


def _write(
    host: HostFacts,
    details: HostDetails,
    environment: Environment | None,
    shared_folders: tuple[SharedFolder, ...],
    notes: tuple[Notice, ...],
    saved: Path | None,
    terminal: Terminal,
) -> None:
    """Write one line per thing, the GPUs first."""
    _write_gpus(terminal, host)
    if host.driver is not None:
        parts = [f"{host.driver.version or '?'}"]
        parts += [f"CUDA {host.driver.cuda_version}"] if host.driver.cuda_version else []
        parts += [_say(terminal, "kernel-modules", kind=details.kernel_module)] if details.kernel_module else []
        _line(terminal, "driver", ", ".join(parts))
    _line(terminal, "platform", _platform(host, terminal))
    if environment is not None:
        _write_environment(terminal, environment, shared_folders)
    if terminal.verbosity > 0:
        _write_details(terminal, details)
        for answer in host.probes:
            text = f"{answer.probe.value:<10} {answer.outcome:<8} {answer.detail}".rstrip()
            _line(terminal, "source", text, style="dim")
    for note in (*host.problems, *notes):
        terminal.notice("warning", note)
    if saved is not None:
        code = "machine-added" if saved.suffix == ".jsonl" else "machine-saved"
        terminal.say(_say(terminal, code, path=str(saved)))


def _line(terminal: Terminal, name: str, text: str, *, style: str | None = None) -> None:
    write_labelled(terminal, name, text, width=_COLUMN, style=style)


def _say(terminal: Terminal, code: str, **facts: ContextValue) -> str:
    return phrase(code, facts, terminal.language).message


def _write_gpus(terminal: Terminal, host: HostFacts) -> None:
    style = {Presence.PRESENT: "green", Presence.UNUSABLE: "yellow", Presence.ABSENT: None}[host.presence]
    for gpu in host.gpus:
        place = "" if gpu.index is None else f"{gpu.index}: "
        text = _say(
            terminal,
            "gpu-line",
            place=place,
            name=gpu.name,
            capabilities=label("or", terminal.language).join(map(str, gpu.capabilities)) or "?",
            memory=_memory(gpu.memory_bytes),
            mig=f", MIG{_instances(gpu)}" if gpu.is_mig else "",
        )
        _line(terminal, "gpu", text, style=style)
        if terminal.verbosity > 0:
            for part in gpu.mig_instances or ():
                _line(terminal, "mig", f"{part.uuid or '?'}: {part.name}{_memory(part.memory_bytes)}", style="dim")
    if host.presence is not Presence.PRESENT:
        _line(terminal, "gpu", _say(terminal, f"presence-{host.presence.value}"), style=style)
    for name in host.other_gpus:
        _line(terminal, "gpu", _say(terminal, "other-gpu", name=name), style="dim")


def _instances(gpu: Gpu) -> str:
    """Count the MIG instances by profile: `: 7 x 1g.5gb`."""
    if gpu.mig_instances is None:
        return ""
    profiles = Counter(part.name.rpartition(" ")[2] for part in gpu.mig_instances)
    return ": " + (", ".join(f"{count} x {profile}" for profile, count in profiles.items()) or "0")


def _write_environment(terminal: Terminal, environment: Environment, shared: Iterable[SharedFolder]) -> None:
    _line(terminal, "python", f"{environment.python_version} ({environment.kind} {environment.root})")
    for found in environment.distributions:
        if found.name in _SHOWN or found.problems or terminal.verbosity > 0:
            _line(terminal, "package", _distribution(found, terminal), style="red" if found.problems else None)
    for found in environment.outer:
        if found.name in _SHOWN or terminal.verbosity > 0:
            outside = _say(terminal, "outside-environment")
            _line(terminal, "package", f"{_distribution(found, terminal)}  [{outside}]", style="dim")
    if terminal.verbosity > 0:
        for folder in shared:
            _line(terminal, "folder", f"{folder.name}/: {', '.join(folder.owners)}")
    if environment.remnants:
        names = ", ".join(environment.remnants)
        _line(terminal, "package", _say(terminal, "remnants", names=names), style="red")


def _distribution(found: InstalledDistribution, terminal: Terminal) -> str:
    tag = f" ({found.build_tag})" if found.build_tag and not found.version.local else ""
    origin = f", {found.direct_url}" if found.direct_url else ""
    editable = f", {label('editable', terminal.language)}" if found.is_editable else ""
    broken = f"  [{', '.join(found.problems)}]" if found.problems else ""
    return f"{found.name} {found.version}{tag}{editable}{origin}{broken}"


def _write_details(terminal: Terminal, details: HostDetails) -> None:
    free = details.disk_free_bytes
    disk = f", {_say(terminal, 'disk-free', size=round(free / _GIB))}" if free is not None else ""
    kernel = f", {_say(terminal, 'kernel-version', kernel=details.kernel)}" if details.kernel else ""
    _line(terminal, "system", f"{details.system}{kernel}{_memory(details.memory_bytes)}{disk}")
    for toolkit in details.toolkits:
        _line(terminal, "toolkit", _toolkit(toolkit, terminal))
    for compiler in details.compilers:
        _line(terminal, "compiler", f"{compiler.family} {compiler.version or '?'} ({compiler.path})")
    for library in details.cudnn:
        _line(terminal, "cudnn", f"{library.version or '?'} ({library.path})")


def _toolkit(toolkit: CudaToolkit, terminal: Terminal) -> str:
    limits = toolkit.limits
    newest = {"GCC": limits.gcc, "Clang": limits.clang, "_MSC_VER": limits.msc} if limits else {}
    accepted = ", ".join(f"{name} {value}" for name, value in newest.items() if value is not None)
    limit = f", {_say(terminal, 'toolkit-accepts', compilers=accepted)}" if accepted else ""
    return f"CUDA {toolkit.version or '?'} ({toolkit.root}){limit}"


def _memory(size: int | None) -> str:
    return f", {round(size / _GIB)} GiB" if size else ""


def _platform(host: HostFacts, terminal: Terminal) -> str:
    platform, runtime = host.platform, host.msvc_runtime
    parts: list[str] = [platform.name]
    if platform.glibc is not None:
        parts.append(f"glibc {'.'.join(map(str, platform.glibc))}")
    elif platform.name.startswith("linux"):
        parts.append(label("no-glibc", terminal.language))
    parts += [f"WSL {host.wsl_generation or ''}".rstrip()] if platform.is_wsl else []
    parts += [_say(terminal, "container-kind", kind=host.container)] if host.container else []
    parts += [_say(terminal, "vc-runtime", version=runtime.version)] if runtime and runtime.version else []
    return ", ".join(parts)
