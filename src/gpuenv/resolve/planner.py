"""Turns a resolution into steps: what goes, what comes, what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Keep, Plan, Remove

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.plan import Step
    from gpuenv.models.resolution import Pin, Resolution

ONNXRUNTIME_OWNERS: Final = frozenset(
    {
        "onnxruntime",
        "onnxruntime-gpu",
        "onnxruntime-directml",
        "onnxruntime-openvino",
        "onnxruntime-qnn",
        "onnxruntime-training",
        "ort-nightly",
        "ort-nightly-gpu",
    }
)
"""Distributions that own the folder `onnxruntime/` (rule 7): two of them break each other."""

_COMPANIONS: Final = ("torchvision", "torchaudio")


def make_plan(
    resolution: Resolution,
    environment: Environment | None,
    additions: Sequence[LockedPackage] | None,
    reasons: Mapping[str, Notice] | None = None,
) -> Plan:
    """Plan the way from an environment (None: a new one) to a resolution.

    `additions` is what the engine's resolver adds or changes, family included; None where it could not be asked:
    the plan is then incomplete and lists the family only. `reasons` say why some of them come, by canonical name: what
    was asked for is no mere dependency. A plan that was carried out makes the next one empty.
    """
    family = {pin.project for pin in resolution.pins}
    coming = {canonicalize_name(package.project) for package in additions or ()} - {*resolution.kept}
    removed, reinstalled = _left_behind(resolution, environment, coming | family)
    removals = (*_removals(resolution, environment), *removed)
    steps: list[Step] = [*removals]
    keeps: list[Step] = []
    gone = {step.project for step in removals}
    for pin in resolution.pins:
        step = _pin_step(
            pin, environment, is_disturbed=pin.project in ONNXRUNTIME_OWNERS and bool(gone & ONNXRUNTIME_OWNERS)
        )
        (keeps if isinstance(step, Keep) else steps).append(step)
    for package in sorted(additions or (), key=lambda found: found.project):
        if package.project in family:
            continue
        found = environment.installed(package.project) if environment is not None else None
        if found is not None and found.version == package.version and not found.problems:
            continue
        steps.append(
            Install(
                project=package.project,
                version=package.version,
                reason=(reasons or {}).get(package.project, Notice.of("dependency")),
                replaces=found.version if found is not None else None,
            )
        )
    steps += reinstalled
    return Plan(
        steps=(*steps, *keeps),
        is_complete=additions is not None or not steps,
        inconsistent=_broken(steps, environment),
    )


def _left_behind(
    resolution: Resolution, environment: Environment | None, coming: AbstractSet[str]
) -> tuple[tuple[Remove, ...], tuple[Install, ...]]:
    """Find what goes along with a torch that is replaced, and what has to be installed anew because of that."""
    if environment is None or _keeps_torch(resolution, environment):
        return (), ()
    from gpuenv.resolve.leavings import leavings  # noqa: PLC0415 - only where there is a torch to replace

    left = leavings(resolution, environment, coming)
    return left.removals, left.reinstalls


def _broken(steps: Sequence[Step], environment: Environment | None) -> tuple[Notice, ...]:
    if environment is None:
        return ()
    from gpuenv.resolve.inconsistencies import inconsistencies  # noqa: PLC0415 - as above

    return inconsistencies(steps, environment)


def _keeps_torch(resolution: Resolution, environment: Environment | None) -> bool:
    pin = resolution.pin("torch")
    found = environment.installed("torch") if environment is not None else None
    return pin is not None and found is not None and is_same_build(found, pin)


def _pin_step(pin: Pin, environment: Environment | None, *, is_disturbed: bool) -> Step:
    found = environment.installed(canonicalize_name(pin.project)) if environment is not None else None
    if found is None:
        return Install(project=pin.project, version=pin.version, reason=Notice.of("chosen"), is_family=True, pin=pin)
    if is_same_build(found, pin) and not is_disturbed:
        return Keep(project=pin.project, version=found.version, reason=Notice.of("works-already"))
    return Install(
        project=pin.project,
        version=pin.version,
        reason=_why_replaced(found, pin, is_disturbed=is_disturbed),
        replaces=found.version,
        is_family=True,
        pin=pin,
    )


def is_same_build(found: InstalledDistribution, pin: Pin) -> bool:
    """Tell whether an installed distribution is the pinned build: 2.9.0+cpu is not 2.9.0+cu128 (nor PyPI's 2.9.0).

    A distribution without a local label tells its build by its own files (`build_tag`).
    """
    if found.problems or found.version.public != pin.version.public:
        return False
    installed_tag = found.version.local or found.build_tag
    wanted_tag = pin.version.local or (pin.tag.removeprefix("nightly/") if pin.tag else None)
    if installed_tag is None or wanted_tag is None or pin.project == "onnxruntime-gpu":
        return found.version.local == pin.version.local
    return installed_tag == wanted_tag


def _why_replaced(found: InstalledDistribution, pin: Pin, *, is_disturbed: bool) -> Notice:
    if found.problems:
        return Notice.of("installed-copy-broken", problems=found.problems)
    if is_disturbed:
        return Notice.of("shared-folder-damaged", folder="onnxruntime")
    if found.version.public == pin.version.public:
        return Notice.of("other-build", installed=found.version.local or found.build_tag, wanted=pin.tag)
    return Notice.of("other-version", installed=str(found.version))


def _removals(resolution: Resolution, environment: Environment | None) -> Iterator[Remove]:
    """List what cannot stay beside the resolution and is not replaced by it."""
    if environment is None:
        return
    pinned = {pin.project for pin in resolution.pins}
    torch = resolution.pin("torch")
    for found in environment.distributions:
        if found.name in pinned:
            continue
        if "onnxruntime-gpu" in pinned and found.name in ONNXRUNTIME_OWNERS:
            reason = Notice.of("shares-folder", folder="onnxruntime", other="onnxruntime-gpu")
            yield Remove(project=found.name, version=found.version, reason=reason)
        elif torch is not None and "torch" not in resolution.kept and found.name in _COMPANIONS:
            reason = Notice.of("no-pair", torch=str(torch.version))
            yield Remove(project=found.name, version=found.version, reason=reason)
