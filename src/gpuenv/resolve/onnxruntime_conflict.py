"""Explains why no build of ONNX Runtime alone serves, and names the changes that would give one."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause, Conflict, Rejection, RuntimeCandidate
from gpuenv.resolve.causes import maximal_subsets, select, update_driver, use_cpu
from gpuenv.resolve.commands import Change, command
from gpuenv.resolve.floor import runtime_driver
from gpuenv.resolve.onnxruntime import PROJECT, pin_of, runtime_refusal, runtimes_for, runtimes_of
from gpuenv.resolve.refusal import notice_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.models.resolution import Subset
    from gpuenv.resolve.problem import Limit, Problem

_LIMITS: tuple[Limit, ...] = ("requirements", "driver", "python", "glibc")


def runtime_conflict(problem: Problem) -> Conflict:
    """Name the changes that would give a build: each alone where one is enough, else the fewest together."""
    target = problem.target
    there = target.driver.version or target.driver.cuda_version if target.driver else None
    causes = tuple(_limiting(problem))
    subsets = () if causes else tuple(maximal_subsets(problem, _best))
    return Conflict(
        reason=Notice.of(
            "no-onnxruntime-build",
            gpus=tuple(gpu.label for gpu in target.gpus) or ("CPU",),
            python=str(target.python),
            platform=target.platform.name,
            driver=str(there) if there else "?",
            matrix=problem.matrix.version,
        ),
        causes=causes or (*_narrowing(problem, subsets), use_cpu(problem)),
        subsets=subsets,
        rejected=tuple(_rejections(problem)),
    )


def _best(problem: Problem) -> str | None:
    return next((build.label for build in runtimes_for(problem)), None)


def _narrowing(problem: Problem, subsets: tuple[Subset, ...]) -> Iterator[Cause]:
    for subset in subsets:
        yield Cause(change=select(problem, subset.gpus), would_give=subset.would_give)


def _limiting(problem: Problem) -> Iterator[Cause]:
    for count in range(1, len(_LIMITS) + 1):
        found = [
            _cause(problem, together, builds)
            for together in combinations(_LIMITS, count)
            if (builds := runtimes_for(problem.ignoring(*together)))
        ]
        if found:
            yield from found
            return


def _cause(problem: Problem, limits: tuple[Limit, ...], builds: tuple[OnnxRuntimeBuild, ...]) -> Cause:
    """Tell a change of some limits; where the driver is one, of the builds that the oldest driver loads the newest."""
    needs = {build: runtime_driver(problem, build) for build in builds} if "driver" in limits else {}
    nearest = min((driver for driver in needs.values() if driver is not None), default=None)
    best = next(build for build in builds if needs.get(build) == nearest)
    python = min(max(problem.target.python, best.python_min), best.python_max)
    asks = Change(
        requirements=f"{PROJECT}=={best.version}" if "requirements" in limits else None,
        driver=nearest,
        python=str(python) if "python" in limits else None,
    )
    glibc = ".".join(map(str, best.glibc or ())) if "glibc" in limits else None
    if limits == ("driver",):
        notice = update_driver(problem, nearest, needs[builds[0]])
    elif len(limits) == 1:
        codes = {"requirements": "change-onnxruntime", "python": "change-python", "glibc": "change-system"}
        instead = asks.python or str(best.version)
        notice = Notice.of(codes[limits[0]], instead=instead, glibc=glibc)
    else:
        words = [asks.requirements, f"--python {asks.python}" if asks.python else None]
        notice = Notice.of(
            "change-together" if nearest is None else "change-together-with-driver",
            arguments=" ".join(word for word in words if word) or None,
            needs=str(nearest) if nearest else None,
            glibc=glibc,
        )
    told = Notice.of(notice.code, **notice.context, command=command(problem, asks))
    return Cause(change=told, would_give=best.label)


def _rejections(problem: Problem) -> Iterator[Rejection]:
    for build in runtimes_of(problem):
        refusal = runtime_refusal(problem, build)
        if refusal is not None:
            candidate = RuntimeCandidate(build=build, source=pin_of(problem, build, is_alone=True).source)
            yield Rejection(candidate=candidate, reason=notice_of(problem, candidate, refusal))
