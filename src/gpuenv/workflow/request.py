"""Turns what the user typed into a request: the GPU family apart from everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gpuenv.models.notice import Notice
from gpuenv.models.request import GPU_FAMILY, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gpuenv.models.environment import Environment
    from gpuenv.models.index import Source
    from gpuenv.models.request import IndexPolicy
    from gpuenv.models.target import Target
    from gpuenv.project.requirement_files import RequirementLine
    from gpuenv.workflow.options import Options

_COMPANIONS: Final = ("torchvision", "torchaudio")
_CPU_FAMILY: Final = frozenset({"torch", "torchvision", "torchaudio"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, with remarks on what was made of the user's words."""

    request: Request
    notes: tuple[Notice, ...] = ()


def make_request(
    lines: Sequence[RequirementLine],
    options: Options,
    target: Target,
    environment: Environment | None,
    *,
    policy: IndexPolicy,
    sources: tuple[Source, ...],
) -> Asked:
    """Make the request. With nothing asked for: the family that is installed, mended; else torch and torchvision.

    `lines` names what the other requirements need of the family, too; only offline, where nobody can tell, they are
    taken to need torch.
    """
    parted = _Parted()
    for line in lines:
        parted.take(line, target)
    family, optional = parted.family, frozenset[str]()
    if not family and (options.is_offline or not lines):
        family, optional = _default_family(environment)
    if any(project in family for project in _COMPANIONS):
        family.setdefault("torch", Requirement("torch"))
    for project in _COMPANIONS:
        if project not in family and "torch" in family and environment and environment.installed(project):
            family[project] = Requirement(project)
            optional |= {project}
    for name, limit in parted.limits.items():
        if name in family:
            family[name] = _merged(family[name], limit)
    request = Request(
        requirements=tuple(family[name] for name in _in_order(family)),
        optional=optional,
        others=tuple(parted.others),
        constraints=tuple(parted.constraints),
        policy=policy,
        sources=sources,
        channel=options.channel,
        upgrade=options.upgrade,
    )
    return Asked(request=request, notes=tuple(parted.notes))


def _in_order(family: Iterable[str]) -> tuple[str, ...]:
    """Put the family in its usual order, but ONNX Runtime first if it was named before torch: torch then yields."""
    named = tuple(family)
    runtime = GPU_FAMILY[-1]
    ordered = tuple(name for name in GPU_FAMILY if name in named)
    if runtime in named and "torch" in named and named.index(runtime) < named.index("torch"):
        return (runtime, *(name for name in ordered if name != runtime))
    return ordered


@dataclass(slots=True, kw_only=True)
class _Parted:
    """The lines, parted into the family and everything else, requirements and limits."""

    family: dict[str, Requirement] = field(default_factory=dict)
    limits: dict[str, Requirement] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    notes: list[Notice] = field(default_factory=list)

    def take(self, line: RequirementLine, target: Target) -> None:
        """Put one line where it belongs; a line whose marker does not apply to the target belongs nowhere."""
        requirement, is_limit = line.requirement, line.kind == "constraint"
        if requirement is None:
            self.others.append(line.text)
            return
        if requirement.marker is not None and not requirement.marker.evaluate(_markers(target)):
            return
        name: str = canonicalize_name(requirement.name)
        if name == "onnxruntime" and not target.is_cpu:
            self.notes.append(Notice.of("onnxruntime-becomes-gpu", requirement=str(requirement)))
            name = "onnxruntime-gpu"
        if name in (_CPU_FAMILY if target.is_cpu else GPU_FAMILY):
            known = self.limits if is_limit else self.family
            known[name] = _merged(known.get(name), _renamed(requirement, name))
        else:
            (self.constraints if is_limit else self.others).append(line.text)


def _default_family(environment: Environment | None) -> tuple[dict[str, Requirement], frozenset[str]]:
    installed = [name for name in GPU_FAMILY if environment is not None and environment.installed(name)]
    if installed:
        family = {name: Requirement(name) for name in installed}
        return family, frozenset(name for name in installed if name in _COMPANIONS)
    return {"torch": Requirement("torch"), "torchvision": Requirement("torchvision")}, frozenset({"torchvision"})


def _merged(first: Requirement | None, second: Requirement) -> Requirement:
    if first is None:
        return second
    merged = Requirement(str(first))
    merged.specifier = first.specifier & second.specifier
    merged.extras = first.extras | second.extras
    return merged


def _renamed(requirement: Requirement, name: str) -> Requirement:
    renamed = Requirement(str(requirement))
    renamed.name = name
    renamed.marker = None
    return renamed


def _markers(target: Target) -> Mapping[str, str]:
    """Give the marker variables (PEP 508) that a target decides."""
    system, _, machine = target.platform.name.partition("-")
    version = f"{target.python.major}.{target.python.minor}"
    names = {
        "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
        "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
        "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    }[system]
    processor = "AMD64" if target.platform.name == "windows-x86_64" else machine
    return {
        **names,
        "platform_machine": processor,
        "python_version": version,
        "python_full_version": f"{version}.0",
        "extra": "",
    }
