"""Turns what the user typed into a request: the GPU family apart from everything else."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from gpuenv.errors import UsageError
from gpuenv.models.notice import Notice
from gpuenv.models.request import GPU_FAMILY, Request
from gpuenv.models.value import dataclass
from gpuenv.rules.markers import marker_variables
from gpuenv.workflow.resolving.applications import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpuenv.models.environment import Environment
    from gpuenv.models.index import Source
    from gpuenv.models.request import IndexPolicy
    from gpuenv.models.target import Target
    from gpuenv.project.requirement_files import RequirementLine
    from gpuenv.workflow.options import Options

_COMPANIONS: Final = ("torchvision", "torchaudio")
_CPU_FAMILY: Final = frozenset({"torch", "torchvision", "torchaudio"})
_RUNTIME: Final = "onnxruntime-gpu"
_CPU_RUNTIME: Final = "onnxruntime"


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
    needs_are_known: bool = True,
) -> Asked:
    """Make the request. With nothing asked for: the family that is installed, mended; else torch and torchvision.

    Members that are installed and have to agree with what was asked for come along (rule 6).
    `lines` names what the other requirements need of the family, too, unless `needs_are_known` is false: then nobody
    could tell, they are taken to need torch, and a remark says so.
    """
    parted = _Parted()
    for line in lines:
        parted.take(line, target)
    family, optional = parted.family, frozenset[str]()
    is_guess = not family and not needs_are_known and parted.may_need_torch
    if is_guess or not (family or lines):
        family, optional = _default_family(environment, is_cpu=target.is_cpu)
    if any(project in family for project in _COMPANIONS):
        family.setdefault("torch", Requirement("torch"))
    if environment is not None:
        family, optional = _with_installed(family, optional, environment, is_cpu=target.is_cpu)
    for name, limit in (*parted.limits.items(), *((found.name, found) for found in map(Requirement, options.limits))):
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
        upgrade=options.upgrade and not (options.requirements or options.requirement_files),
        upgraded=frozenset(parted.named).intersection(family) if options.upgrade else frozenset(),
        upgraded_others=tuple(dict.fromkeys(parted.named_others)) if options.upgrade else (),
        typed=options.typed,
    )
    guessed = (Notice.of("needs-unknown-offline", packages=tuple(parted.others)),) if is_guess else ()
    return Asked(request=request, notes=(*parted.notes, *guessed))


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
    named: set[str] = field(default_factory=set)
    """Members of the family that the user named, in contrast to those that others need."""
    named_others: list[str] = field(default_factory=list)
    may_need_torch: bool = False
    """Whether there are packages outside the family of which nothing is known."""

    def take(self, line: RequirementLine, target: Target) -> None:
        """Put one line where it belongs; a line whose marker does not apply to the target belongs nowhere."""
        requirement, is_limit = line.requirement, line.kind == "constraint"
        if requirement is None:
            self.others.append(line.text)
            self.may_need_torch = True
            return
        if not applies(requirement, target):
            return
        name: str = canonicalize_name(requirement.name)
        if name in {_RUNTIME, _CPU_RUNTIME}:
            name = self._runtime(requirement, name, target)
        if name in (_CPU_FAMILY if target.is_cpu else GPU_FAMILY):
            if requirement.url is not None:
                exact = _exact(requirement) if _is_typed(line) else None
                raise UsageError("family-by-address", requirement=name, exact=exact)
            known = self.limits if is_limit else self.family
            self.named |= {name} if _is_typed(line) and not is_limit else set()
            known[name] = _merged(known.get(name), _renamed(requirement, name))
        elif name == _CPU_RUNTIME:
            plain = _renamed(requirement, name)
            plain.extras = set()
            (self.constraints if is_limit else self.others).append(str(plain))
            self.named_others += () if is_limit else (name,)
        else:
            (self.constraints if is_limit else self.others).append(line.text)
            self.named_others += (name,) if _is_typed(line) and not is_limit else ()
            self.may_need_torch |= not is_limit

    def _runtime(self, requirement: Requirement, name: str, target: Target) -> str:
        """Name the package of ONNX Runtime that a target takes, and say where that is not the one asked for."""
        taken = _CPU_RUNTIME if target.is_cpu else _RUNTIME
        if name != taken:
            code = "onnxruntime-becomes-cpu" if target.is_cpu else "onnxruntime-becomes-gpu"
            self.notes.append(Notice.of(code, requirement=str(requirement)))
        return taken


def _is_typed(line: RequirementLine) -> bool:
    """Whether the user named it, in contrast to what a dependency or an application's row brings."""
    return line.file != "dependencies" and not line.file.startswith(PREFIX)


def _exact(requirement: Requirement) -> str | None:
    """Ask for the version that the name of a wheel tells; None for an address that names none."""
    filename = unquote(urlsplit(requirement.url or "").path.rpartition("/")[2])
    try:
        _, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return None
    return f"{requirement.name}=={version}"


def _with_installed(
    family: dict[str, Requirement], optional: frozenset[str], environment: Environment, *, is_cpu: bool
) -> tuple[dict[str, Requirement], frozenset[str]]:
    """Add the installed members that what was asked for has to agree with (rule 6).

    A CPU build of torch beside ONNX Runtime is left as it is: it loads no CUDA library at all.
    """
    torch = environment.installed("torch")
    if _RUNTIME in family and "torch" not in family and torch is not None:
        tag = torch.build_tag or torch.version.local
        if tag is None or tag.startswith("cu"):
            family = {"torch": Requirement("torch"), **family}
    if "torch" not in family:
        return family, optional
    beside = _COMPANIONS if is_cpu else (*_COMPANIONS, _RUNTIME)
    added = tuple(project for project in beside if project not in family and environment.installed(project))
    return family | {project: Requirement(project) for project in added}, optional.union(added)


def _default_family(environment: Environment | None, *, is_cpu: bool) -> tuple[dict[str, Requirement], frozenset[str]]:
    names = [name for name in GPU_FAMILY if not is_cpu or name in _CPU_FAMILY]
    installed = [name for name in names if environment is not None and environment.installed(name)]
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


def applies(requirement: Requirement, target: Target) -> bool:
    """Tell whether a requirement's marker, if it has one, holds on a target."""
    return requirement.marker is None or requirement.marker.evaluate(marker_variables(target.platform, target.python))
