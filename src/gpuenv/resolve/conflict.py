"""Explains a no: leaves one limit after another aside, and names those whose change would give a build."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause, Conflict, Rejection, Subset
from gpuenv.resolve.floor import required_driver
from gpuenv.resolve.search import search
from gpuenv.rules.driver import driver_branch, gpu_driver_ceiling, gpu_driver_floor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import ArchitectureRow
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Limit, Problem

_LIMITS: tuple[Limit, ...] = ("requirements", "driver", "python", "sources", "onnxruntime")
_EVERYTHING: tuple[Limit, ...] = (*_LIMITS, "installed")


def target_conflict(problem: Problem) -> Conflict | None:
    """Find what is wrong with the target whatever is asked for: its driver does not drive its GPUs (rule 5)."""
    driver = problem.target.driver
    if driver is None or driver.version is None:
        return None
    branch = driver_branch(driver.version, problem.target.platform, problem.matrix.cuda)
    below = tuple(gpu for gpu in problem.target.gpus if branch < (gpu_driver_floor(_rows(problem, (gpu,))) or 0))
    above = tuple(
        gpu
        for gpu in problem.target.gpus
        if (ceiling := gpu_driver_ceiling(_rows(problem, (gpu,)))) is not None and branch > ceiling
    )
    if not below and not above:
        return None
    rows = _rows(problem, problem.target.gpus)
    floor, ceiling = gpu_driver_floor(rows), gpu_driver_ceiling(rows)
    driven = tuple(gpu for gpu in problem.target.gpus if gpu not in below and gpu not in above)
    causes = [*_subset_causes(problem, driven)]
    if floor is not None and ceiling is not None and floor > ceiling:
        labels = tuple(gpu.label for gpu in problem.target.gpus)
        reason = Notice.of("no-driver-for-all-gpus", gpus=labels, oldest=floor, newest=ceiling)
        return Conflict(reason=reason, causes=(*causes, Cause(change=Notice.of("use-cpu"), would_give=None)))
    code, gpus, needed = ("driver-too-old-for-gpu", below, floor) if below else ("driver-dropped-gpu", above, ceiling)
    apt = _apt_package(
        problem, needed or branch, is_open=bool(below) and any(row.open_kernel_module_only for row in rows)
    )
    return Conflict(
        reason=Notice.of(
            code, gpus=tuple(gpu.label for gpu in gpus), branch=needed, driver=str(driver.version), apt=apt
        ),
        causes=(
            Cause(change=Notice.of("install-driver-branch", branch=needed, apt=apt), would_give=None),
            *causes,
        ),
    )


def explain(problem: Problem) -> Conflict:
    """Explain why nothing serves a request on a target."""
    unlimited = problem.ignoring(*_EVERYTHING)
    rejections = _notable(search(problem).rejections)
    if problem.target.is_cpu or search(unlimited).best is not None:
        return _limited(problem, rejections)
    alone = {gpu: search(_only(unlimited, (gpu,))).best for gpu in problem.target.gpus}
    uncovered = tuple(gpu for gpu, best in alone.items() if best is None)
    if uncovered:
        return Conflict(
            reason=Notice.of(
                "no-build-for-gpu",
                gpus=tuple(gpu.label for gpu in uncovered),
                platform=problem.target.platform.name,
                matrix=problem.matrix.version,
            ),
            causes=(
                *_subset_causes(problem, tuple(gpu for gpu in problem.target.gpus if gpu not in uncovered)),
                Cause(change=Notice.of("use-cpu"), would_give=None),
            ),
            rejected=rejections,
        )
    subsets = tuple(_maximal_subsets(problem))
    return Conflict(
        reason=Notice.of(
            "no-build-for-all-gpus",
            gpus=tuple(gpu.label for gpu in problem.target.gpus),
            matrix=problem.matrix.version,
        ),
        causes=tuple(Cause(change=_select(problem, subset.gpus), would_give=subset.would_give) for subset in subsets),
        subsets=subsets,
        rejected=rejections,
    )


def _limited(problem: Problem, rejections: tuple[Rejection, ...]) -> Conflict:
    """Name the limits that stand in the way: one alone if possible, else the fewest together."""
    for count in range(1, len(_LIMITS) + 1):
        causes: list[Cause] = []
        first: tuple[Limit, ...] | None = None
        for limits in combinations(_LIMITS, count):
            best = search(problem.ignoring("installed", *limits)).best
            if best is not None:
                first = first or limits
                causes += [_cause(problem, limit, best) for limit in limits]
        if first is not None:
            return Conflict(
                reason=_reason(problem, first, causes), causes=tuple(dict.fromkeys(causes)), rejected=rejections
            )
    return Conflict(
        reason=Notice.of("no-build-for-platform", platform=problem.target.platform.name), rejected=rejections
    )


def _reason(problem: Problem, limits: tuple[Limit, ...], causes: list[Cause]) -> Notice:
    target = problem.target
    facts = {
        "gpus": tuple(gpu.label for gpu in target.gpus),
        "python": str(target.python),
        "platform": target.platform.name,
        "driver": str(target.driver.version) if target.driver else None,
        "requirements": tuple(str(requirement) for requirement in problem.request.requirements),
        "instead": next((cause.would_give for cause in causes), None),
        "policy": problem.request.policy.value,
    }
    match limits[0]:
        case "requirements":
            return Notice.of("requirements-exclude-every-build", **facts)
        case "sources":
            return Notice.of("no-gpu-build-on-index" if target.gpus else "no-build-on-index", **facts)
        case "onnxruntime":
            return Notice.of("no-onnxruntime-that-agrees", **facts)
        case "driver":
            needs = causes[0].change.context.get("needs")
            return Notice.of("driver-too-old-for-every-build", needs=needs, **facts)
        case _:
            return Notice.of("no-build-for-python", **facts)


def _cause(problem: Problem, limit: Limit, best: Judgement) -> Cause:
    build = best.candidate.build
    match limit:
        case "requirements":
            change = Notice.of("change-requirement", instead=f"torch=={build.version}")
        case "sources":
            change = Notice.of("change-indexes", instead="auto")
        case "onnxruntime":
            change = Notice.of("leave-onnxruntime-out", instead=f"torch=={build.version}")
        case "driver":
            change = _nearest_driver(problem, best)
        case _:
            change = Notice.of(
                "change-python",
                instead=str(min(max(problem.target.python, build.python_min), build.python_max)),
            )
    return Cause(change=change, would_give=build.label)


def _nearest_driver(problem: Problem, best: Judgement) -> Notice:
    """Name the oldest driver that would do for any serving build, and the one that the newest needs."""
    needs = {
        judged.candidate.build.label: required_driver(problem, judged.candidate.build.cuda, judged.coverage)
        for judged in search(problem.ignoring("driver", "installed")).serving or (best,)
        if judged.candidate.build.cuda is not None
    }
    nearest = min((driver for driver in needs.values() if driver is not None), default=None)
    newest = needs.get(best.candidate.build.label)
    return Notice.of(
        "update-driver",
        needs=str(nearest) if nearest else None,
        newest_needs=str(newest) if newest else None,
        linux=str(nearest.branch) if nearest and problem.target.platform.driver_system == "linux" else None,
    )


def _maximal_subsets(problem: Problem) -> Iterator[Subset]:
    """Find the largest sets of GPUs that one build covers; GPUs of the same capability go together."""
    groups: dict[tuple[object, ...], list[Gpu]] = {}
    for gpu in problem.target.gpus:
        groups.setdefault(gpu.capabilities, []).append(gpu)
    found: list[frozenset[tuple[object, ...]]] = []
    for count in range(len(groups) - 1, 0, -1):
        for keys in combinations(groups, count):
            if any(larger.issuperset(keys) for larger in found):
                continue
            gpus = tuple(gpu for gpu in problem.target.gpus if gpu.capabilities in keys)
            best = search(_only(problem, gpus)).best
            if best is not None:
                found.append(frozenset(keys))
                yield Subset(gpus=gpus, would_give=best.candidate.build.label)


def _subset_causes(problem: Problem, gpus: tuple[Gpu, ...]) -> Iterator[Cause]:
    """Offer to use only some of the GPUs, where a build serves those."""
    best = search(_only(problem, gpus)).best if gpus else None
    if best is not None:
        yield Cause(change=_select(problem, gpus), would_give=best.candidate.build.label)


def _select(problem: Problem, gpus: tuple[Gpu, ...]) -> Notice:
    """Name some GPUs by what selects them: `CUDA_VISIBLE_DEVICES` on this machine, `--target` elsewhere."""
    is_here = problem.target.origin == "detected"
    selectors = [gpu.uuid or str(gpu.index) for gpu in gpus]
    return Notice.of(
        "select-gpus",
        gpus=tuple(gpu.label for gpu in gpus),
        visible=",".join(selectors) if is_here else None,
        target=None if is_here else ",".join(gpu.name for gpu in gpus),
    )


def _only(problem: Problem, gpus: tuple[Gpu, ...]) -> Problem:
    return replace(problem, target=replace(problem.target, gpus=gpus))


def _rows(problem: Problem, gpus: tuple[Gpu, ...]) -> list[ArchitectureRow]:
    return [
        problem.architectures[capability]
        for gpu in gpus
        for capability in gpu.capabilities
        if capability in problem.architectures
    ]


def _apt_package(problem: Problem, branch: int, *, is_open: bool) -> str | None:
    """Name Ubuntu's and Debian's package of a driver branch; None where the driver is Windows' own."""
    if problem.target.platform.driver_system != "linux":
        return None
    return f"nvidia-driver-{branch}-open" if is_open else f"nvidia-driver-{branch}"


def _notable(rejections: tuple[Rejection, ...]) -> tuple[Rejection, ...]:
    """Keep one rejection for each build, newest first."""
    ordered = sorted(
        rejections,
        key=lambda found: (found.candidate.build.version, found.candidate.build.tag),
        reverse=True,
    )
    return tuple({found.candidate.build.label: found for found in ordered}.values())
