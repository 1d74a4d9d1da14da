"""The changes that would remove a conflict, each with the build that it would give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Cause, Subset
from gpuenv.resolve.floor import driver_for
from gpuenv.resolve.problem import with_driver
from gpuenv.resolve.search import search, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.requirements import Requirement

    from gpuenv.models.cuda import DriverVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Limit, Problem


def cause_of(freed: Problem, best: Judgement, limits: Sequence[Limit]) -> Cause:
    """Name the change of one limit, or of several together, that gives a build.

    `freed` is the problem without these limits, and with the Python that gives the build.
    """
    update = _nearest_driver(freed, best) if "driver" in limits else None
    if update is not None and update.driver is not None:
        best = search(with_driver(freed, update.driver)).best or best
    label = best.candidate.build.label
    changes = tuple(_change(freed, limit, best) for limit in limits if limit != "driver")
    changes = (*changes, *((update,) if update is not None else ()))
    if len(changes) == 1:
        return Cause(change=changes[0].notice, would_give=label)
    needs = next((change.driver for change in changes if change.driver is not None), None)
    arguments = " ".join(change.arguments for change in changes if change.arguments)
    code = "change-together" if needs is None else "change-together-with-driver"
    if arguments == "":
        code = "update-driver"
    notice = Notice.of(code, arguments=arguments or None, needs=str(needs) if needs else None)
    return Cause(change=notice, would_give=label)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One change: how it is told alone, and what it adds to a command together with others."""

    notice: Notice
    arguments: str = ""
    driver: DriverVersion | None = None


def _change(problem: Problem, limit: Limit, best: Judgement) -> _Change:
    match limit:
        case "requirements":
            wanted = _requirements(problem, best)
            return _Change(notice=Notice.of("change-requirement", instead=wanted), arguments=wanted)
        case "sources" if problem.request.policy is IndexPolicy.AUTO:
            return _Change(notice=Notice.of("reach-index"), arguments="--indexes auto")
        case "sources":
            return _Change(notice=Notice.of("change-indexes", instead="auto"), arguments="--indexes auto")
        case "onnxruntime":
            wanted = " ".join(
                _quoted(found) for found in problem.request.requirements if found.name != "onnxruntime-gpu"
            )
            return _Change(notice=Notice.of("leave-onnxruntime-out", instead=wanted), arguments=wanted)
        case _:
            python = str(problem.target.python)
            return _Change(notice=Notice.of("change-python", instead=python), arguments=f"--python {python}")


def _requirements(problem: Problem, best: Judgement) -> str:
    """Say what to ask for: what was asked, with exact versions where it had limits."""
    chosen = {"torch": best.candidate.build.version} | {pin.project: pin.version for pin in best.companions}
    return " ".join(
        f"{found.name}=={chosen[found.name].public}" if found.specifier and found.name in chosen else _quoted(found)
        for found in problem.request.requirements
    )


def _quoted(requirement: Requirement) -> str:
    text = str(requirement)
    return f'"{text}"' if any(character in text for character in "<>!~ *;[") else text


def _nearest_driver(freed: Problem, best: Judgement) -> _Change:
    """Name the oldest driver that would do for any build, and the one that the newest needs."""
    newest = driver_for(freed, best)
    needs = {needed for judged in serving(freed) if (needed := driver_for(freed, judged)) is not None}
    nearest = next((driver for driver in sorted(needs) if search(with_driver(freed, driver)).best is not None), newest)
    is_linux = freed.target.platform.driver_system == "linux"
    notice = Notice.of(
        "update-driver",
        needs=str(nearest) if nearest else None,
        newest_needs=str(newest) if newest else None,
        linux=str(nearest.branch) if nearest and is_linux else None,
    )
    return _Change(notice=notice, driver=nearest)


def maximal_subsets(problem: Problem) -> Iterator[Subset]:
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
            best = search(only(problem, gpus)).best
            if best is not None:
                found.append(frozenset(keys))
                yield Subset(gpus=gpus, would_give=best.candidate.build.label)


def subset_causes(problem: Problem, gpus: tuple[Gpu, ...]) -> Iterator[Cause]:
    """Offer to use only some of the GPUs, where a build serves those."""
    best = search(only(problem, gpus)).best if gpus else None
    if best is not None:
        yield Cause(change=select(problem, gpus), would_give=best.candidate.build.label)


def select(problem: Problem, gpus: tuple[Gpu, ...]) -> Notice:
    """Name some GPUs by what selects them: `CUDA_VISIBLE_DEVICES` on this machine, `--target` elsewhere."""
    is_here = problem.target.origin == "detected"
    selectors = [gpu.uuid or str(gpu.index) for gpu in gpus]
    return Notice.of(
        "select-gpus",
        gpus=tuple(gpu.label for gpu in gpus),
        visible=",".join(selectors) if is_here else None,
        target=None if is_here else ",".join(gpu.name for gpu in gpus),
    )


def only(problem: Problem, gpus: tuple[Gpu, ...]) -> Problem:
    """Narrow a problem to some of the GPUs."""
    return replace(problem, target=replace(problem.target, gpus=gpus))
