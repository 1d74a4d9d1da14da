"""Compares an environment after a run with the plan: exit codes of engines are no proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.models.notice import Notice
from gpuenv.rules.consistency import unmet, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.requirements import Requirement
    from packaging.version import Version

    from gpuenv.errors import ContextValue
    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.plan import Install, Plan


def differences_from_plan(plan: Plan, *, before: Environment, after: Environment) -> tuple[Notice, ...]:
    """Everything in which the outcome is not the planned one; empty where it is.

    Versions are compared with their local labels, and builds without one by the CUDA tag that they state themselves.
    """
    return (
        *(problem for step in plan.installs for problem in _installed_wrong(step, after)),
        *_left_over(plan, after),
        *_touched_besides(plan, before=before, after=after),
        *_newly_unmet(plan, before=before, after=after),
    )


def touched_projects(plan: Plan) -> frozenset[str]:
    """The canonical names of everything that a plan removes or installs."""
    removed = {canonicalize_name(step.project) for step in plan.removals}
    return frozenset(removed | {canonicalize_name(step.project) for step in plan.installs})


def _installed_wrong(step: Install, after: Environment) -> Iterator[Notice]:
    found = after.installed(canonicalize_name(step.project))
    if found is None:
        yield Notice.of("outcome-missing", package=step.project, version=str(step.version))
        return
    if found.version != step.version:
        yield Notice.of(
            "outcome-other-version", package=step.project, version=str(step.version), found=str(found.version)
        )
    tag = step.pin.tag if step.pin is not None else None
    if tag is not None and found.build_tag is not None and _plain(tag) != found.build_tag:
        yield Notice.of("outcome-other-build", package=step.project, tag=_plain(tag), found=found.build_tag)
    for problem in found.problems:
        yield Notice.of("outcome-broken", package=step.project, version=str(step.version), problem=problem)


def _plain(tag: str) -> str:
    """`cu132` of `nightly/cu132`."""
    return tag.rpartition("/")[2]


def _left_over(plan: Plan, after: Environment) -> Iterator[Notice]:
    coming = {canonicalize_name(step.project) for step in plan.installs}
    for step in plan.removals:
        name = canonicalize_name(step.project)
        found = after.installed(name)
        if found is not None and name not in coming:
            yield Notice.of("outcome-not-removed", package=step.project, found=str(found.version))


def _touched_besides(plan: Plan, *, before: Environment, after: Environment) -> Iterator[Notice]:
    planned = touched_projects(plan)
    old = {found.name: str(found.version) for found in before.distributions if found.name not in planned}
    new = {found.name: str(found.version) for found in after.distributions if found.name not in planned}
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield Notice.of("outcome-not-planned", package=name, version=old.get(name), found=new.get(name))


def _newly_unmet(plan: Plan, *, before: Environment, after: Environment) -> Iterator[Notice]:
    """Name requirements that were met or not there before, and that nobody was told of.

    What was left out on purpose is met by its stand-in, as far as the version of that is in the dependent's range.
    """
    known: set[tuple[ContextValue, ContextValue]] = {
        (found.name, str(requirement)) for found, requirement, _ in _unmet(before)
    }
    known |= {(found.context["package"], found.context["requirement"]) for found in plan.inconsistent}
    for found, requirement, version in _unmet(after):
        if (found.name, str(requirement)) not in known:
            there = str(version) if version is not None else None
            yield Notice.of("outcome-inconsistent", package=found.name, requirement=str(requirement), found=there)


def _unmet(environment: Environment) -> Iterator[tuple[InstalledDistribution, Requirement, Version | None]]:
    return unmet(environment.distributions, versions_of(environment), python=environment.python_version)
