"""Finds the fewest builds that together serve a range of GPUs, each machine having one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from gpuenv.models.hardware import Gpu
from gpuenv.models.value import dataclass
from gpuenv.resolve.driver_conflict import target_conflict
from gpuenv.resolve.onnxruntime import runtimes_for
from gpuenv.resolve.problem import make_problem
from gpuenv.resolve.ranking import is_first_choice, rank
from gpuenv.resolve.search import serving

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from packaging.version import Version

    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target
    from gpuenv.resolve.problem import Problem
    from gpuenv.resolve.tables import Tables

_T = TypeVar("_T")
_Preference: TypeAlias = "tuple[bool, Version, tuple[object, ...]]"
"""Whether it is a build of torch of the first choice, its version, and its rank among those of the version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """The GPUs of a range in groups, one build for each group."""

    groups: tuple[tuple[Gpu, ...], ...]
    """In the order of the range; a GPU that several builds serve is in several groups. The newest build first."""
    uncovered: tuple[Gpu, ...]
    """Served by no build at all."""
    newest: tuple[tuple[Gpu, Version], ...] = ()
    """The newest release of torch that serves each GPU, whether or not its group has it."""


def cover_range(
    request: Request,
    target: Target,
    matrix: CompatibilityMatrix,
    *,
    tables: Tables | None = None,
    refused: Collection[AbstractSet[Gpu]] = (),
) -> Covering:
    """Group the GPUs of `target`, which are those of a range and not of one machine, so that the groups are fewest.

    By what the matrix says; `refused` are groups for which the indexes turned out to have no build: no build that
    would serve one of them is counted on.
    """
    served: dict[object, tuple[_Preference, set[Gpu]]] = {}
    newest: dict[Gpu, Version] = {}
    for gpu in target.gpus:
        problem = make_problem(request, replace(target, gpus=(gpu,)), matrix, tables=tables)
        if target_conflict(problem) is None:
            for key, preference in _serving(problem):
                served.setdefault(key, (preference, set()))[1].add(gpu)
                if preference[0]:
                    newest[gpu] = max(newest.get(gpu, preference[1]), preference[1])
    ranked = sorted(served.values(), key=lambda found: found[0], reverse=True)
    sets = [frozenset(gpus) for _, gpus in ranked if not any(gpus >= group for group in refused)]
    covered = frozenset[Gpu]().union(*sets)
    return Covering(
        groups=tuple(tuple(gpu for gpu in target.gpus if gpu in sets[place]) for place in minimal_cover(sets)),
        uncovered=tuple(gpu for gpu in target.gpus if gpu not in covered),
        newest=tuple(newest.items()),
    )


def _serving(problem: Problem) -> Iterator[tuple[object, _Preference]]:
    """Yield what serves one GPU: by what it is known again, and how much it is preferred."""
    if problem.request.requirement("torch") is None:
        for build in runtimes_for(problem):
            yield (build.version, build.cuda), (False, build.version, (build.cuda,))
        return
    for judged in serving(problem):
        candidate, torch = judged.candidate, judged.candidate.build
        official = is_first_choice(candidate, is_cpu=problem.target.is_cpu)
        yield (torch.version, torch.tag, candidate.source), (official, torch.version, rank(judged))


def minimal_cover(sets: Sequence[AbstractSet[_T]]) -> tuple[int, ...]:
    """Choose the fewest sets that have together all that all of them have; give their places, ascending.

    The sets come in order of preference. Of several smallest choices the one is taken in which the members, each
    taking the first chosen set that has it, come earliest in sum. Exact: branches on the member that the fewest sets
    have, and gives up a branch as soon as it cannot be smaller.

    >>> minimal_cover([{1, 2}, {2, 3}, {1, 2, 3, 4}, {4}])
    (2,)
    """
    kept = [
        place
        for place, members in enumerate(sets)
        # What an earlier set has all of is never needed.
        if members and not any(members <= sets[earlier] for earlier in range(place))
    ]
    everything = frozenset[_T]().union(*(sets[place] for place in kept))
    best: tuple[int, int, tuple[int, ...]] | None = None
    for size in range(1, len(kept) + 1):
        for chosen in set(_covers(sets, kept, everything, size)):
            cost = sum(next(place for place in chosen if member in sets[place]) for member in everything)
            found = (size, cost, chosen)
            best = found if best is None or found < best else best
        if best is not None:
            return best[2]
    return ()


def _covers(
    sets: Sequence[AbstractSet[_T]], kept: Sequence[int], missing: AbstractSet[_T], size: int
) -> Iterator[tuple[int, ...]]:
    """Yield every choice of at most `size` sets that has all that is missing."""
    if not missing:
        yield ()
        return
    largest = max((len(missing & sets[place]) for place in kept), default=0)
    if size * largest < len(missing):
        return
    options = {member: [place for place in kept if member in sets[place]] for member in missing}
    for place in min(options.values(), key=len):
        for rest in _covers(sets, kept, missing - sets[place], size - 1):
            yield tuple(sorted({place, *rest}))
