"""Explains a no: leaves one limit after another aside, and names those whose change would give a build."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.version import Version

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause, Conflict
from gpuenv.resolve.causes import cause_of, maximal_subsets, only, select, subset_causes
from gpuenv.resolve.refusal import rejections
from gpuenv.resolve.search import search

if TYPE_CHECKING:
    from gpuenv.models.resolution import Rejection
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Limit, Problem

_LIMITS: tuple[Limit, ...] = ("requirements", "driver", "python", "sources", "onnxruntime")
_EVERYTHING: tuple[Limit, ...] = (*_LIMITS, "installed")


def explain(problem: Problem) -> Conflict:
    """Explain why nothing serves a request on a target."""
    unlimited = problem.ignoring(*_EVERYTHING)
    rejected = rejections(problem, search(problem).refused)
    if problem.target.is_cpu or search(unlimited).best is not None:
        return _limited(problem, rejected)
    uncovered = tuple(gpu for gpu in problem.target.gpus if search(only(unlimited, (gpu,))).best is None)
    if uncovered:
        served = tuple(gpu for gpu in problem.target.gpus if gpu not in uncovered)
        return Conflict(
            reason=Notice.of(
                "no-build-for-gpu",
                gpus=tuple(gpu.label for gpu in uncovered),
                platform=problem.target.platform.name,
                matrix=problem.matrix.version,
            ),
            causes=(*subset_causes(problem, served), Cause(change=Notice.of("use-cpu"), would_give=None)),
            rejected=rejected,
        )
    subsets = tuple(maximal_subsets(problem))
    causes = tuple(Cause(change=select(problem, subset.gpus), would_give=subset.would_give) for subset in subsets)
    return Conflict(
        reason=Notice.of(
            "no-build-for-all-gpus",
            gpus=tuple(gpu.label for gpu in problem.target.gpus),
            matrix=problem.matrix.version,
        ),
        causes=causes or (Cause(change=Notice.of("use-cpu"), would_give=None),),
        subsets=subsets,
        rejected=rejected,
    )


def _limited(problem: Problem, rejected: tuple[Rejection, ...]) -> Conflict:
    """Name the limits that stand in the way: each alone if possible, else the fewest together."""
    limits = tuple(limit for limit in _LIMITS if _is_set(problem, limit))
    for count in range(1, len(limits) + 1):
        causes: dict[tuple[Limit, ...], Cause] = {}
        for together in combinations(limits, count):
            best = _best_without(problem, together)
            if best is not None:
                causes[together] = cause_of(problem, together, best)
        if causes:
            reason = _reason(problem, next(iter(causes)), next(iter(causes.values())))
            return Conflict(reason=reason, causes=tuple(causes.values()), rejected=rejected)
    return Conflict(
        reason=Notice.of("no-build-for-platform", platform=problem.target.platform.name),
        causes=() if problem.target.is_cpu else (Cause(change=Notice.of("use-cpu"), would_give=None),),
        rejected=rejected,
    )


def _best_without(problem: Problem, limits: tuple[Limit, ...]) -> Judgement | None:
    """Find what leaving limits aside gives; in place of a nightly that vanished, its stable successor if it serves."""
    nightly = vanished_nightly(problem) if "requirements" in limits else None
    if nightly is not None:
        others = tuple(limit for limit in limits if limit != "requirements")
        for specifier in (f"=={nightly.base_version}", f">={nightly.base_version}"):
            best = search(_asking_for(problem, specifier).ignoring("installed", *others)).best
            if best is not None:
                return best
    return search(problem.ignoring("installed", *limits)).best


def _asking_for(problem: Problem, torch: str) -> Problem:
    """Ask for other versions of torch, and for whatever of the others pairs with it."""
    requirements = tuple(
        Requirement(f"torch{torch}" if found.name == "torch" else found.name) for found in problem.request.requirements
    )
    return replace(problem, request=replace(problem.request, requirements=requirements))


def _is_set(problem: Problem, limit: Limit) -> bool:
    """Whether a limit is there at all: leaving aside what does not limit is of no use."""
    match limit:
        case "requirements":
            return any(requirement.specifier for requirement in problem.request.requirements)
        case "driver":
            return problem.driver_reading is not None
        case "onnxruntime":
            return problem.request.requirement("onnxruntime-gpu") is not None
        case _:
            return True


def _reason(problem: Problem, limits: tuple[Limit, ...], cause: Cause) -> Notice:
    target = problem.target
    driver = target.driver.version or target.driver.cuda_version if target.driver else None
    facts = {
        "gpus": tuple(gpu.label for gpu in target.gpus) or ("CPU",),
        "python": str(target.python),
        "platform": target.platform.name,
        "driver": str(driver) if driver else None,
        "requirements": tuple(str(requirement) for requirement in problem.request.requirements),
        "instead": cause.would_give,
        "policy": problem.request.policy.value,
    }
    match limits[0]:
        case "requirements":
            vanished = vanished_nightly(problem)
            if vanished is not None:
                return Notice.of("nightly-vanished", nightly=str(vanished), **facts)
            return Notice.of("requirements-exclude-every-build", **facts)
        case "sources":
            return Notice.of("no-gpu-build-on-index" if target.gpus else "no-build-on-index", **facts)
        case "onnxruntime":
            return Notice.of("no-onnxruntime-that-agrees", **facts)
        case "driver":
            needs = cause.change.context.get("needs")
            return Notice.of("driver-too-old-for-every-build", needs=needs, **facts)
        case _:
            return Notice.of("no-build-for-python", **facts)


def vanished_nightly(problem: Problem) -> Version | None:
    """Read the dated build that was asked for: nightly builds are deleted after some weeks."""
    asked = problem.request.requirement("torch")
    for specifier in asked.specifier if asked is not None else ():
        if specifier.operator in {"==", "==="} and not specifier.version.endswith("*"):
            version = Version(specifier.version)
            if version.is_devrelease:
                return version
    return None
