"""The changes that would remove a conflict, each with the build that it would give."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Cause, Subset
from gpuenv.models.typed_command import quoted
from gpuenv.models.value import dataclass
from gpuenv.resolve.commands import Change, command, requirement_words
from gpuenv.resolve.driver_hints import ways_to_get
from gpuenv.resolve.floor import driver_for
from gpuenv.resolve.onnxruntime import PROJECT, runtimes_of
from gpuenv.resolve.pairings import other_releases
from gpuenv.resolve.problem import with_driver
from gpuenv.resolve.search import best_of, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gpuenv.models.cuda import DriverVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Limit, Problem


def cause_of(asked: Problem, freed: Problem, best: Judgement, limits: Sequence[Limit]) -> Cause:
    """Name the change of one limit, or of several together, that gives a build.

    `freed` is the problem `asked` without these limits, and with the Python that gives the build.
    """
    update = _nearest_driver(freed, best) if "driver" in limits else None
    if update is not None and update.asks.driver is not None:
        best = best_of(with_driver(freed, update.asks.driver)) or best
    label = best.candidate.build.label
    changes = tuple(_change(asked, freed, limit, best) for limit in limits if limit != "driver")
    changes = (*changes, *((update,) if update is not None else ()))
    asks = _all_of(changes)
    if len(changes) == 1:
        return Cause(change=_with_command(asked, changes[0].notice, asks), would_give=label)
    arguments = " ".join(change.arguments for change in changes if change.arguments)
    code = "change-together" if asks.driver is None else "change-together-with-driver"
    needs = str(asks.driver) if asks.driver is not None else None
    needs_glibc = next((change.glibc for change in changes if change.glibc is not None), None)
    notice = Notice.of(code, arguments=arguments or None, needs=needs, glibc=needs_glibc)
    return Cause(change=_with_command(asked, notice, asks), would_give=label)


def _with_command(asked: Problem, notice: Notice, asks: Change) -> Notice:
    return Notice.of(notice.code, **notice.context, command=command(asked, asks))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One change: how it is told alone, and what it adds to a command together with others."""

    notice: Notice
    asks: Change = Change()
    arguments: str = ""
    glibc: str | None = None


def _all_of(changes: Sequence[_Change]) -> Change:
    asks = [change.asks for change in changes]
    return Change(
        requirements=next((found.requirements for found in asks if found.requirements is not None), None),
        driver=next((found.driver for found in asks if found.driver is not None), None),
        python=next((found.python for found in asks if found.python is not None), None),
        indexes=next((found.indexes for found in asks if found.indexes is not None), None),
        extensions=next((found.extensions for found in asks if found.extensions), ()),
    )


def _change(asked: Problem, problem: Problem, limit: Limit, best: Judgement) -> _Change:
    match limit:
        case "extensions":
            return _other_extensions(asked, problem, best)
        case "requirements":
            wanted = _requirements(problem, best)
            notice = Notice.of("change-requirement", instead=wanted)
            return _Change(notice=notice, asks=Change(requirements=wanted), arguments=wanted)
        case "sources":
            is_auto = problem.request.policy is IndexPolicy.AUTO
            notice = Notice.of("reach-index") if is_auto else Notice.of("change-indexes", instead="auto")
            indexes = "pytorch" if is_auto else "auto"
            return _Change(notice=notice, asks=Change(indexes=indexes), arguments="--indexes auto")
        case "onnxruntime":
            wanted = requirement_words(
                [found for found in problem.request.requirements if found.name != "onnxruntime-gpu"]
            )
            notice = Notice.of("leave-onnxruntime-out", instead=wanted)
            return _Change(notice=notice, asks=Change(requirements=wanted), arguments=wanted)
        case "glibc":
            needs = ".".join(map(str, _needed_glibc(problem, best)))
            return _Change(notice=Notice.of("change-system", glibc=needs), glibc=needs)
        case _:
            python = str(problem.target.python)
            notice = Notice.of("change-python", instead=python)
            return _Change(notice=notice, asks=Change(python=python), arguments=f"--python {python}")


def _other_extensions(asked: Problem, freed: Problem, best: Judgement) -> _Change:
    """Ask for the releases of the extensions that go with a build; where there is none, for none."""
    instead = other_releases(asked, freed, best.candidate.build)
    packages = tuple(package for package, _ in instead)
    is_left_out = all(wanted is None for _, wanted in instead)
    wanted = " ".join(quoted(text) for _, text in instead if text is not None)
    code = "leave-extension-out" if is_left_out else "change-extension"
    notice = Notice.of(code, packages=packages, instead=wanted or None)
    asks = Change(requirements=requirement_words(asked.request.requirements), extensions=instead)
    return _Change(notice=notice, asks=asks, arguments=wanted)


def _needed_glibc(problem: Problem, best: Judgement) -> tuple[int, ...]:
    """Tell the oldest glibc that the wheels of torch and of the ONNX Runtime beside it take."""
    beside = {pin.version for pin in best.companions if pin.project == PROJECT}
    needs = [build.glibc for build in runtimes_of(problem) if build.version in beside]
    return max((needed for needed in (best.candidate.build.glibc, *needs) if needed is not None), default=())


def _requirements(problem: Problem, best: Judgement) -> str:
    """Say what to ask for: what was asked, with exact versions where it had limits."""
    chosen = {"torch": best.candidate.build.version} | {pin.project: pin.version for pin in best.companions}
    return " ".join(
        f"{found.name}=={chosen[found.name].public}" if found.specifier and found.name in chosen else quoted(str(found))
        for found in problem.request.requirements
    )


def _nearest_driver(freed: Problem, best: Judgement) -> _Change:
    """Name the oldest driver that would do for any build, and the one that the newest needs."""
    newest = driver_for(freed, best)
    needs = {needed for judged in serving(freed) if (needed := driver_for(freed, judged)) is not None}
    nearest = next((driver for driver in sorted(needs) if best_of(with_driver(freed, driver)) is not None), newest)
    return _Change(notice=update_driver(freed, nearest, newest), asks=Change(driver=nearest))


def update_driver(problem: Problem, nearest: DriverVersion | None, newest: DriverVersion | None) -> Notice:
    """Name the oldest driver that would do, the one that the newest build needs, and where to get it."""
    return Notice.of(
        "update-driver",
        needs=str(nearest) if nearest else None,
        newest_needs=str(newest) if newest else None,
        **(ways_to_get(problem, nearest.branch) if nearest else {}),
    )


def use_cpu(problem: Problem) -> Cause:
    """Offer CPU builds, asked for on purpose (rule 10)."""
    return Cause(change=Notice.of("use-cpu", command=command(problem, Change(gpus=()))), would_give=None)


def maximal_subsets(problem: Problem, best_of: Callable[[Problem], str | None]) -> Iterator[Subset]:
    """Find the largest sets of GPUs that one build covers; GPUs of the same capability go together.

    `best_of` names the build that a problem gets, or None.
    """
    groups: dict[tuple[object, ...], list[Gpu]] = {}
    for gpu in problem.target.gpus:
        groups.setdefault(gpu.capabilities, []).append(gpu)
    found: list[frozenset[tuple[object, ...]]] = []
    for count in range(len(groups) - 1, 0, -1):
        for keys in combinations(groups, count):
            if any(larger.issuperset(keys) for larger in found):
                continue
            gpus = tuple(gpu for gpu in problem.target.gpus if gpu.capabilities in keys)
            best = best_of(only(problem, gpus))
            if best is not None:
                found.append(frozenset(keys))
                yield Subset(gpus=gpus, would_give=best, select=visible_devices(gpus))


def best_build(problem: Problem) -> str | None:
    """Name the build of torch that a problem gets, or None."""
    best = best_of(problem)
    return best.candidate.build.label if best is not None else None


def subset_causes(problem: Problem, gpus: tuple[Gpu, ...]) -> Iterator[Cause]:
    """Offer to use only some of the GPUs, where a build serves those."""
    best = best_build(only(problem, gpus)) if gpus else None
    if best is not None:
        yield Cause(change=select(problem, gpus), would_give=best)


def select(problem: Problem, gpus: tuple[Gpu, ...]) -> Notice:
    """Name some GPUs by what selects them: `CUDA_VISIBLE_DEVICES` on this machine, `--target` elsewhere."""
    is_here = problem.target.origin == "detected"
    return Notice.of(
        "select-gpus",
        gpus=tuple(gpu.label for gpu in gpus),
        visible=_selectors(gpus) if is_here else None,
        target=None if is_here else ",".join(gpu.name for gpu in gpus),
        command=f"{visible_devices(gpus)} {command(problem, Change())}"
        if is_here
        else command(problem, Change(gpus=gpus)),
    )


def visible_devices(gpus: tuple[Gpu, ...]) -> str:
    """Write the assignment that shows only these GPUs to a program."""
    return f"CUDA_VISIBLE_DEVICES={_selectors(gpus)}"


def _selectors(gpus: tuple[Gpu, ...]) -> str:
    """By UUID where it is known, else by index; of a divided GPU the first part, since CUDA shows no more than one."""
    return ",".join(_instance(gpu) or gpu.uuid or str(gpu.index) for gpu in gpus)


def _instance(gpu: Gpu) -> str | None:
    return next((part.uuid for part in gpu.mig_instances or () if part.uuid is not None), None)


def only(problem: Problem, gpus: tuple[Gpu, ...]) -> Problem:
    """Narrow a problem to some of the GPUs."""
    return replace(problem, target=replace(problem.target, gpus=gpus))
