"""Makes of a lock what a resolution would be: pins with their places, and the steps that lead there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from gpuenv.models.index import Source, SourceKind
from gpuenv.models.matrix import Evidence, Provenance, TorchBuild
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Remove
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.resolution import Candidate, Pin, Resolution
from gpuenv.resolve.inconsistencies import inconsistencies
from gpuenv.resolve.planner import is_same_build, make_plan
from gpuenv.workflow.from_lock.fit import coverage, fit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpuenv.lock.header import LockHeader
    from gpuenv.lock.origins import Origins
    from gpuenv.lock.reading import LockContent
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.plan import Plan, Step
    from gpuenv.models.target import Target

_SEEDS: Final = frozenset({"pip"})
_OLD_SEEDS: Final = frozenset({"pip", "setuptools", "wheel"})
"""What an environment is made with: `uv pip sync` leaves it alone too. Before Python 3.12 these three."""
_FIRST_WITH_PIP_ALONE: Final = (3, 12)
_BESIDE: Final = frozenset({"stale-library"})
"""Reasons of removals that a lock does not ask for: what merely seems of no use any more stays."""


def locked_packages(content: LockContent, variables: Mapping[str, str]) -> tuple[LockedPackage, ...]:
    """Give what a lock installs on a machine: without what a marker rules out. `variables` are those of PEP 508."""
    return tuple(
        package
        for package in content.packages
        if package.marker is None or Marker(package.marker).evaluate({**variables, "extra": ""})
    )


def locked_resolution(
    header: LockHeader,
    packages: Sequence[LockedPackage],
    origins: Origins,
    *,
    target: Target,
    environment: Environment | None,
    matrix: CompatibilityMatrix,
    mirror: Source | None,
) -> Resolution:
    """Say of a lock what a resolution says. `mirror` takes the place of the indexes that the lock names."""
    build = _build(header, matrix)
    pins = tuple(_pins(header, packages, origins, build, mirror))
    torch = next((pin for pin in pins if pin.project == "torch"), None)
    return Resolution(
        torch=Candidate(build=build, source=torch.source) if torch is not None and build is not None else None,
        pins=pins,
        coverage=coverage(header, target.gpus),
        driver_fit=fit(header, target, matrix.cuda),
        minimum_driver=header.minimum_driver,
        cudnn=build.cudnn if build is not None else None,
        kept=tuple(pin.project for pin in pins if _is_there(pin, environment)),
        notes=tuple(
            Notice.of("lock-source-static", project=source.project, metadata=source.metadata)
            for source in header.sources
        ),
    )


def _pins(
    header: LockHeader,
    packages: Sequence[LockedPackage],
    origins: Origins,
    build: TorchBuild | None,
    mirror: Source | None,
) -> Iterator[Pin]:
    """Pin the family, and everything else that has an index of its own; torch comes first."""
    order = {project: number for number, project in enumerate(GPU_FAMILY)}
    for package in sorted(packages, key=lambda package: (order.get(package.project, len(order)), package.project)):
        origin = origins.of_project.get(package.project)
        if origin is None and package.project not in order:
            continue
        own_tag = header.tag if package.project in {"torch", "torchvision", "torchaudio"} else None
        source = Source(kind=SourceKind.PYPI)
        if origin is not None:
            source = mirror or Source(kind=SourceKind.PYTORCH, location=origin.base)
        elif mirror is not None and mirror.kind is SourceKind.FIND_LINKS:
            source = mirror
        yield Pin(
            project=package.project,
            version=package.version,
            tag=origin.tag if origin is not None else own_tag,
            source=source,
            evidence=build.provenance.evidence if build is not None else Evidence.REPORT,
            extras=package.extras,
            is_flat=origin is not None and origin.is_flat and mirror is None,
        )


def _build(header: LockHeader, matrix: CompatibilityMatrix) -> TorchBuild | None:
    """Find the build of a lock in the matrix; one that it does not know is what the lock says of it."""
    if header.torch is None:
        return None
    tag = header.tag or header.torch.local or "cpu"
    for build in matrix.torch:
        is_same = build.version.public == header.torch.public and build.tag == tag
        if is_same and build.platform == header.platform.name:
            return build
    return TorchBuild(
        version=type(header.torch)(header.torch.public),
        tag=tag,
        platform=header.platform.name,
        sass=frozenset(gpu.via for gpu in header.gpus if gpu.kind == "sass"),
        ptx=frozenset(gpu.via for gpu in header.gpus if gpu.kind == "ptx"),
        ptx_is_known=False,
        python_min=header.python,
        python_max=header.python,
        local=header.torch.local,
        on_pytorch_index=header.torch.local is not None,
        on_pypi=header.torch.local is None,
        is_official=False,
        cudnn=None,
        provenance=Provenance(evidence=Evidence.REPORT, source="lock", verified=""),
    )


def _is_there(pin: Pin, environment: Environment | None) -> bool:
    found = environment.installed(canonicalize_name(pin.project)) if environment is not None else None
    return found is not None and is_same_build(found, pin)


def locked_plan(
    resolution: Resolution,
    packages: Sequence[LockedPackage],
    environment: Environment | None,
    *,
    is_exact: bool,
) -> Plan:
    """Plan the way from an environment to a lock. `is_exact`: everything that the lock does not name goes."""
    plan = make_plan(resolution, environment, packages)
    names = {package.project for package in packages}
    steps: list[Step] = [step for step in plan.steps if step.reason.code not in _BESIDE]
    if is_exact and environment is not None:
        going = {step.project for step in plan.removals}
        extras = tuple(_extras(environment, names | going))
        gone = {step.project for step in extras}
        steps = [*extras, *(step for step in steps if step.project not in gone)]
    return replace(plan, steps=tuple(steps), inconsistent=inconsistencies(steps, environment))


def _extras(environment: Environment, wanted: set[str]) -> Iterator[Remove]:
    python = environment.python_version
    seeds = _SEEDS if (python.major, python.minor) >= _FIRST_WITH_PIP_ALONE else _OLD_SEEDS
    for found in environment.distributions:
        if found.name not in wanted | seeds:
            yield Remove(project=found.name, version=found.version, reason=Notice.of("not-in-lock"))
