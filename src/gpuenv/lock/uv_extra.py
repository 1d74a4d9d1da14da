"""Makes of a resolution the extra that a uv project gets: its name, its requirements, and where each comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gpuenv.lock.places import index_url, is_flat, tag_of
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.models.platform import PlatformName, PythonVersion
    from gpuenv.models.resolution import Pin, Resolution
    from gpuenv.models.target import Target

_TORCH_FAMILY: Final = ("torch", "torchvision", "torchaudio")

# What `platform_machine`, `sys_platform`, `os_name` and `platform_system` are on each platform.
_MARKER_VALUES: Final[Mapping[PlatformName, tuple[str, str, str, str]]] = {
    "linux-x86_64": ("x86_64", "linux", "posix", "Linux"),
    "linux-aarch64": ("aarch64", "linux", "posix", "Linux"),
    "windows-x86_64": ("AMD64", "win32", "nt", "Windows"),
    "macos-arm64": ("arm64", "darwin", "posix", "Darwin"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UvIndex:
    """One entry of `[[tool.uv.index]]`; always explicit."""

    name: str
    url: str
    is_flat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UvExtra:
    """What one run writes into a project."""

    name: str
    """By the CUDA tag: `cu130`, `cpu`, `nightly-cu132`; `gpu` where the choice has none."""
    requirements: tuple[str, ...]
    """The family first, as chosen; then the others, as written."""
    oldest_python: Mapping[str, PythonVersion]
    """By requirement: the oldest Python that the chosen build has wheels for, where the matrix knows."""
    sources: tuple[tuple[str, UvIndex], ...]
    """By project; those of the default index have none."""
    environment: Mapping[str, str]
    """The target's marker variables."""
    platform_marker: str
    """The target's platform, as an entry of `environments`."""
    constraints: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    """Projects that no dependency may bring in."""


def make_uv_extra(
    resolution: Resolution,
    *,
    target: Target,
    others: Sequence[str] = (),
    constraints: Sequence[str] = (),
    closure: Sequence[LockedPackage] = (),
    onnxruntime: Sequence[OnnxRuntimeBuild] = (),
) -> UvExtra:
    """Say what the project is to ask for.

    `onnxruntime` are the builds of the matrix. `closure` matters for what torch's own index has to bring besides the
    pins (a nightly's triton): uv takes from an explicit index direct requirements only. Raises `lock-source-is-local`.
    """
    companions = _companions(resolution, closure)
    family = [_requirement(pin) for pin in resolution.pins]
    return UvExtra(
        name=extra_name(resolution),
        requirements=(*family, *companions.values(), *others, *resolution.constraints),
        oldest_python=_oldest_python(resolution, onnxruntime, target.platform.name),
        sources=tuple(_sources(resolution, companions)),
        environment=marker_variables(target),
        platform_marker=platform_marker(target.platform.name),
        constraints=tuple(constraints),
        excluded=resolution.excluded,
    )


def extra_name(resolution: Resolution) -> str:
    """Name the extra of a choice by its CUDA tag."""
    tags = (pin.tag for pin in resolution.pins if pin.tag)
    return next(tags, "gpu" if resolution.coverage else "cpu").replace("/", "-")


def _requirement(pin: Pin) -> str:
    """Ask by the public version where an explicit index decides on the build, else by `===` for that very build.

    On the index of a tag each platform has its own local label, or none: the public version serves them all.
    """
    if pin.version.local is None:
        return pin.requirement
    extras = f"[{','.join(pin.extras)}]" if pin.extras else ""
    return f"{pin.project}{extras}=={pin.version.public}"


def _oldest_python(
    resolution: Resolution, onnxruntime: Sequence[OnnxRuntimeBuild], platform: PlatformName
) -> Mapping[str, PythonVersion]:
    found = {}
    for pin in resolution.pins:
        if pin.project in _TORCH_FAMILY and resolution.torch is not None:
            found[_requirement(pin)] = resolution.torch.build.python_min
        known = [
            build.python_min for build in onnxruntime if (build.version, build.platform) == (pin.version, platform)
        ]
        if pin.project == "onnxruntime-gpu" and known:
            found[_requirement(pin)] = min(known)
    return found


def _companions(resolution: Resolution, closure: Sequence[LockedPackage]) -> dict[str, str]:
    """Find the dependencies that the default index cannot have: those with a local label."""
    pinned = {pin.project for pin in resolution.pins}
    return {
        package.project: f"{package.project}=={package.version}"
        for package in closure
        if package.version.local and package.project not in pinned
    }


def _sources(resolution: Resolution, companions: Mapping[str, str]) -> list[tuple[str, UvIndex]]:
    found = []
    torch = resolution.pin("torch")
    beside = [(project, torch) for project in companions if torch is not None]
    for project, pin in (*((pin.project, pin) for pin in resolution.pins), *beside):
        url = index_url(pin, resolution.pins, project)
        if url is not None:
            name = f"pytorch-{tag_of(pin, resolution.pins).replace('/', '-')}"
            found.append((project, UvIndex(name=name, url=url, is_flat=is_flat(pin))))
    return found


def marker_variables(target: Target) -> Mapping[str, str]:
    """Give the marker variables (PEP 508) of a target."""
    machine, system, family, name = _MARKER_VALUES[target.platform.name]
    python = f"{target.python.major}.{target.python.minor}"
    return {
        "platform_machine": machine,
        "sys_platform": system,
        "os_name": family,
        "platform_system": name,
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def platform_marker(name: PlatformName) -> str:
    """Write the marker of a platform.

    >>> platform_marker("windows-x86_64")
    "sys_platform == 'win32' and platform_machine == 'AMD64'"
    """
    machine, system, _, _ = _MARKER_VALUES[name]
    return f"sys_platform == '{system}' and platform_machine == '{machine}'"


def project_of(requirement: str) -> str | None:
    """Name the project of a requirement; None for a path, an address or an option.

    >>> project_of("Torch_Vision==0.30.0"), project_of("./folder")
    ('torch-vision', None)
    """
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return None
