"""The header of a locked requirements file: for which machine it was made, in lines that people and gpuenv read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from packaging.version import InvalidVersion, Version

from gpuenv.errors import GpuenvError
from gpuenv.models.cuda import Architecture, ComputeCapability, DriverVersion
from gpuenv.models.platform import PLATFORM_NAMES, Platform, PythonVersion
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpuenv.models.platform import PlatformName
    from gpuenv.models.resolution import Coverage, Resolution
    from gpuenv.models.target import Target

FORMAT: Final = 1
_FIRST_LINE: Final = re.compile(r"# gpuenv lock, format (?P<format>\d+)")
_FIELD: Final = re.compile(r"# (?P<name>[a-z-]+): (?P<value>.+)")
# A name may hold anything but a line break; what follows it is ours, so it is read from the right:
#   NVIDIA GeForce RTX 5090; 12.0; sass sm_120
_GPU: Final = re.compile(r"(?P<name>.+); (?P<capabilities>[\d., or]+); (?P<kind>sass sm|ptx compute)_(?P<via>\w+)")
_NONE, _ANY = "none", "any"
"""In place of the GPUs: a lock for the CPU; one that holds nothing that is built for a GPU."""
_REPEATED: Final = frozenset({"gpu", "source"})
_METADATA: Final = re.compile(r"metadata-(static|built-on-[\w-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedGpu:
    """One GPU that a lock is for, and how the locked build of torch serves it."""

    name: str
    capabilities: tuple[ComputeCapability, ...]
    """Several where the name alone does not decide."""
    kind: Literal["sass", "ptx"]
    via: Architecture


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedSource:
    """One package that has no wheel, so that its source archive is locked and every machine builds it."""

    project: str
    metadata: str
    """How its dependencies are known: `metadata-static`, or `metadata-built-on-linux-x86_64`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockHeader:
    """What a lock says of itself."""

    gpus: tuple[LockedGpu, ...]
    """Empty for a CPU lock, and where nothing in it was built for a GPU: see `is_for_any_gpu`."""
    minimum_driver: DriverVersion | None
    """None for CPU."""
    platform: Platform
    python: PythonVersion
    matrix: str
    torch: Version | None
    """With its local label; None where torch is not among what is locked."""
    tag: str | None
    """CUDA tag of torch, which a build without a local label does not show: `cu132`, `cpu`."""
    sources: tuple[LockedSource, ...] = ()
    """By project; wheels are all the rest."""
    is_for_any_gpu: bool = False
    """Nothing in it is of the GPU family, so that it serves any GPU, and none: `gpu: any`."""


def make_header(
    resolution: Resolution, *, target: Target, matrix_version: str, sources: Sequence[LockedSource] = ()
) -> LockHeader:
    """Say for which machine a resolution is."""
    torch = resolution.pin("torch")
    return LockHeader(
        gpus=tuple(_locked_gpu(served) for served in resolution.coverage),
        minimum_driver=resolution.minimum_driver,
        platform=target.platform,
        python=target.python,
        matrix=matrix_version,
        torch=torch.version if torch else None,
        tag=torch.tag if torch else None,
        sources=tuple(sources),
        is_for_any_gpu=not target.is_cpu and not resolution.coverage,
    )


def render_header(header: LockHeader) -> str:
    """Write the header, one fact a line, ended by an empty comment line. `parse_header` is its inverse."""
    facts = "".join(f"# {name}: {value}\n" for name, value in header_lines(header))
    return f"# gpuenv lock, format {FORMAT}\n{facts}#\n"


def parse_header(text: str) -> LockHeader:
    """Read the header of a locked file; `tests/data/lock/requirements-rtx-5090.txt` is a sample.

    Raises `lock-header-missing` for a file that gpuenv did not make, `lock-format-unknown` for one of a later
    format, and `lock-header-broken` with the line that cannot be read or the field that is not there.
    """
    lines = text.splitlines()
    first = _FIRST_LINE.fullmatch(lines[0]) if lines else None
    if first is None:
        raise GpuenvError("lock-header-missing")
    if int(first["format"]) != FORMAT:
        raise GpuenvError("lock-format-unknown", format=int(first["format"]), known=FORMAT)
    fields: dict[str, list[str]] = {}
    for line in lines[1:]:
        if line == "#":
            break
        found = _FIELD.fullmatch(line)
        if found is None:
            raise GpuenvError("lock-header-broken", line=line)
        fields.setdefault(found["name"], []).append(found["value"])
    return header_from_fields(fields)


def header_lines(header: LockHeader) -> Iterator[tuple[str, str]]:
    """Give the facts of the header as pairs of name and value, in the order of the file."""
    for gpu in header.gpus:
        capabilities = " or ".join(str(capability) for capability in gpu.capabilities)
        via = gpu.via.sm if gpu.kind == "sass" else gpu.via.compute
        yield "gpu", f"{gpu.name}; {capabilities}; {gpu.kind} {via}"
    if not header.gpus:
        yield "gpu", _ANY if header.is_for_any_gpu else _NONE
    if header.minimum_driver is not None:
        yield "driver", f">={header.minimum_driver}"
    yield "platform", platform_text(header.platform)
    yield "python", str(header.python)
    if header.torch is not None:
        yield "torch", f"{header.torch}{f'; {header.tag}' if header.tag else ''}"
    for source in header.sources:
        yield "source", f"{source.project}; {source.metadata}"
    yield "matrix", header.matrix


def platform_text(platform: Platform) -> str:
    """Write a platform as a line of the header has it.

    >>> platform_text(Platform(name="linux-x86_64", glibc=(2, 28), is_wsl=True))
    'linux-x86_64; wsl; glibc 2.28'
    """
    facts = [platform.name, *(("wsl",) if platform.is_wsl else ())]
    for name, version in (("glibc", platform.glibc), ("macos", platform.macos)):
        if version is not None:
            facts.append(f"{name} {version[0]}.{version[1]}")
    return "; ".join(facts)


def _locked_gpu(served: Coverage) -> LockedGpu:
    if served.kind == "none" or served.via is None:
        raise GpuenvError("lock-gpu-not-covered", gpu=served.gpu.label)
    # A saved description may hold any text: a line break in a name must not become a line of the file.
    name = " ".join(served.gpu.name.split())
    return LockedGpu(name=name, capabilities=served.gpu.capabilities, kind=served.kind, via=served.via)


def header_from_fields(fields: Mapping[str, Sequence[str]]) -> LockHeader:
    """Read the values of the header's lines by name. Raises `lock-header-broken`."""
    for needed in ("gpu", "platform", "python", "matrix"):
        if needed not in fields:
            raise GpuenvError("lock-header-broken", line=f"# {needed}:")
    for name, values in fields.items():
        if len(values) > 1 and name not in _REPEATED:
            raise _broken(name, values[1])
    torch, tag = _torch(fields)
    return LockHeader(
        gpus=() if fields["gpu"] in ([_NONE], [_ANY]) else tuple(_gpu(value) for value in fields["gpu"]),
        minimum_driver=_driver(fields),
        platform=_platform(fields["platform"][0]),
        python=_python(fields["python"][0]),
        matrix=fields["matrix"][0],
        torch=torch,
        tag=tag,
        sources=tuple(_source(value) for value in fields.get("source", ())),
        is_for_any_gpu=fields["gpu"] == [_ANY],
    )


def _source(value: str) -> LockedSource:
    project, separator, metadata = value.partition("; ")
    if not separator or _METADATA.fullmatch(metadata) is None:
        raise _broken("source", value)
    return LockedSource(project=project, metadata=metadata)


def _gpu(value: str) -> LockedGpu:
    found = _GPU.fullmatch(value)
    if found is None:
        raise _broken("gpu", value)
    try:
        capabilities = tuple(ComputeCapability.parse(text) for text in found["capabilities"].split(" or "))
        via = Architecture.parse(found["via"])
    except ValueError as error:
        raise _broken("gpu", value) from error
    return LockedGpu(
        name=found["name"],
        capabilities=capabilities,
        kind="sass" if found["kind"].startswith("sass") else "ptx",
        via=via,
    )


def _driver(fields: Mapping[str, Sequence[str]]) -> DriverVersion | None:
    if "driver" not in fields:
        return None
    value = fields["driver"][0]
    try:
        return DriverVersion.parse(value.removeprefix(">="))
    except ValueError as error:
        raise _broken("driver", value) from error


def _platform(value: str) -> Platform:
    name, *facts = value.split("; ")
    versions: dict[str, tuple[int, int]] = {}
    for fact in facts:
        if found := re.fullmatch(r"(glibc|macos) (\d+)\.(\d+)", fact):
            versions[found[1]] = int(found[2]), int(found[3])
        elif fact != "wsl":
            raise _broken("platform", value)
    return Platform(
        name=_platform_name(name),
        glibc=versions.get("glibc"),
        macos=versions.get("macos"),
        is_wsl="wsl" in facts,
    )


def _platform_name(text: str) -> PlatformName:
    for name in PLATFORM_NAMES:
        if name == text:
            return name
    raise _broken("platform", text)


def _python(value: str) -> PythonVersion:
    try:
        return PythonVersion.parse(value)
    except ValueError as error:
        raise _broken("python", value) from error


def _torch(fields: Mapping[str, Sequence[str]]) -> tuple[Version | None, str | None]:
    if "torch" not in fields:
        return None, None
    version, _, tag = fields["torch"][0].partition("; ")
    try:
        return Version(version), tag or None
    except InvalidVersion as error:
        raise _broken("torch", version) from error


def _broken(name: str, value: str) -> GpuenvError:
    return GpuenvError("lock-header-broken", line=f"# {name}: {value}")
