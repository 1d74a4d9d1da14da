"""Finds what mends a diagnosed cause: exact builds, by the same resolver that an installation asks."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.diagnosis import Remedy, Repair
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.resolution import Conflict
from gpuenv.models.target import Target
from gpuenv.project.index_choice import sources_for
from gpuenv.project.pip_configuration import read_index_settings
from gpuenv.project.requirement_files import RequirementLine, parse_requirement
from gpuenv.resolve.resolver import resolve
from gpuenv.workflow.resolving.request import make_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.diagnosis import FaultFacts
    from gpuenv.models.matrix import CompatibilityMatrix, TorchBuild
    from gpuenv.models.notice import Notice
    from gpuenv.models.request import Request
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options

_ASKED: Final[Mapping[Remedy, tuple[str, ...]]] = {
    Remedy.TORCH: (),
    Remedy.PAIR: ("torch", "torchvision", "torchaudio"),
    Remedy.ONNXRUNTIME: ("onnxruntime-gpu",),
}
"""What is asked for, per remedy; () asks for the family that is there, mended."""
_USUAL_GPU: Final = ComputeCapability(major=8, minor=6)
"""Stands in where the GPU does not matter: companions belong to a build of torch, whatever card it runs on."""


def resolve_repair(
    cause: Notice,
    remedy: Remedy,
    facts: FaultFacts,
    options: Options,
    surroundings: Surroundings,
    *,
    matrix: CompatibilityMatrix,
    has_failed_here: bool,
) -> Repair:
    """Resolve what mends a cause by another build of the family.

    `has_failed_here`: the kernels of the environment were run and failed, whatever the matrix says of its build.

    Of the text of another machine, what it does not tell is taken to be usual, and named in `assumed`. Only the matrix
    is asked: an installation reads the indexes as well.
    """
    target, assumed = _target(facts, options)
    environment = facts.environment or _stated_environment(facts, target)
    limit, torch = _limit(cause), facts.packages.get("torch")
    if limit is not None and torch is not None and Requirement(limit).specifier.contains(torch.public):
        return Repair(remedy=Remedy.SETTING)
    asked = _asked(remedy, environment) if limit is None else (limit,)
    request = _request(asked, options, surroundings, target, environment)
    outcome = resolve(request, target, matrix, environment=environment)
    is_pinned = remedy is Remedy.TORCH and _chooses_failing(outcome, facts)
    if is_pinned:
        if facts.environment is not None and not has_failed_here:
            return Repair(remedy=remedy, target=target, outcome=outcome, is_in_place=True)
        # The text shows that this build does not serve, so that it is no candidate any more.
        others = tuple(build for build in matrix.torch if not _is_failing(build, facts))
        outcome = resolve(request, target, replace(matrix, torch=others), environment=environment)
    return Repair(remedy=remedy, target=target, outcome=outcome, assumed=assumed, is_pinned=is_pinned)


def _target(facts: FaultFacts, options: Options) -> tuple[Target, tuple[str, ...]]:
    python, assumed = facts.python, []
    if facts.platform is None:
        assumed.append("platform")
    if python is None:
        assumed.append("python")
        python = PythonVersion(major=sys.version_info.major, minor=sys.version_info.minor)
    if facts.driver is None:
        assumed.append("driver")
    torch = facts.packages.get("torch")
    gpus = facts.gpus
    if not gpus and (torch is None or torch.local != "cpu"):
        gpus = (Gpu(name=_USUAL_GPU.sm, capabilities=(_USUAL_GPU,), probe=Probe.DESCRIBED),)
    target = Target(
        gpus=gpus,
        driver=facts.driver,
        platform=facts.platform or Platform(name="linux-x86_64"),
        python=python,
        origin="detected" if facts.environment is not None and options.driver is None else "described",
    )
    return target, tuple(assumed)


def _stated_environment(facts: FaultFacts, target: Target) -> Environment:
    """Make the environment that a text tells of: the members of the family that it names with a version."""
    nowhere = Path("stated")
    distributions = tuple(
        InstalledDistribution(name=canonicalize_name(name), version=version, location=nowhere / name)
        for name, version in sorted(facts.packages.items())
        if name in {*GPU_FAMILY, "onnxruntime"} and version is not None
    )
    return Environment(
        root=nowhere,
        kind="venv",
        python=nowhere / "python",
        python_version=target.python,
        platform=target.platform,
        site_packages=nowhere,
        distributions=distributions,
    )


def _limit(cause: Notice) -> str | None:
    """Ask for a torch that brings the cuDNN major whose library was missing: `cudnn_ops64_9.dll`."""
    if cause.code != "cudnn-library-not-found":
        return None
    named = str(cause.context.get("library", ""))
    return "torch<2.4" if named.endswith((".so.8", "_8.dll")) else "torch>=2.4"


def _asked(remedy: Remedy, environment: Environment) -> tuple[str, ...]:
    names = _ASKED[remedy]
    return tuple(name for name in names if remedy is not Remedy.PAIR or environment.installed(name) is not None)


def _request(
    names: Sequence[str], options: Options, surroundings: Surroundings, target: Target, environment: Environment
) -> Request:
    lines = [
        RequirementLine(text=name, file="diagnose", line=place, kind="requirement", requirement=parse_requirement(name))
        for place, name in enumerate(names, start=1)
    ]
    settings = read_index_settings(surroundings, venv=environment.root if environment.root.is_absolute() else None)
    policy, sources = sources_for(options.indexes, surroundings, settings)
    return make_request(
        lines, replace(options, upgrade=False), target, environment, policy=policy, sources=sources
    ).request


def _chooses_failing(outcome: Resolution | Conflict, facts: FaultFacts) -> bool:
    return not isinstance(outcome, Conflict) and outcome.torch is not None and _is_failing(outcome.torch.build, facts)


def _is_failing(build: TorchBuild, facts: FaultFacts) -> bool:
    """Whether it is the build in use; one without a local label is PyPI's."""
    failing = facts.packages.get("torch")
    if failing is None:
        return False
    is_its_tag = build.on_pypi if failing.local is None else failing.local in {build.tag, build.local}
    return is_its_tag and build.version == Version(failing.public)
