"""What would change the answer for the better: another driver, another Python, other indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.request import IndexPolicy
from gpuenv.resolve.commands import Change, command
from gpuenv.resolve.floor import driver_for
from gpuenv.resolve.problem import nearest_pythons, with_driver, with_python
from gpuenv.resolve.refusal import DRIVER_REFUSALS
from gpuenv.resolve.search import search

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Problem


def newer_with_changes(problem: Problem, best: Judgement, codes: AbstractSet[str]) -> Iterator[Notice]:
    """Name the newer versions of torch that one change would allow; `codes` is what refused the candidates."""
    if codes & DRIVER_REFUSALS:
        yield from _with_newer_driver(problem, best)
    if "no-wheel-for-python" in codes:
        yield from _with_other_python(problem, best)
    if problem.request.policy in {IndexPolicy.PYPI, IndexPolicy.PYTORCH}:
        yield from _with_other_indexes(problem, best)


def _with_newer_driver(problem: Problem, best: Judgement) -> Iterator[Notice]:
    """Say which newer version a newer driver would allow, and which build of it that driver would get."""
    driver = problem.target.driver
    if driver is None or "driver" in problem.ignored:
        return
    unlimited = search(problem.ignoring("driver")).best
    if unlimited is None or not _is_newer(unlimited, best):
        return
    needs = driver_for(problem, unlimited)
    if needs is not None:
        then = search(with_driver(problem, needs)).best or unlimited
        yield Notice.of(
            "newer-with-driver",
            build=then.candidate.build.label,
            needs=str(needs),
            driver=str(driver.version or driver.cuda_version),
        )


def _with_other_python(problem: Problem, best: Judgement) -> Iterator[Notice]:
    unlimited = search(problem.ignoring("python")).best
    if unlimited is None or not _is_newer(unlimited, best):
        return
    for python in nearest_pythons(problem):
        found = search(with_python(problem, python)).best
        if found is not None and found.candidate.build.version == unlimited.candidate.build.version:
            yield Notice.of(
                "newer-with-python",
                build=found.candidate.build.label,
                python=str(python),
                command=command(problem, Change(python=str(python))),
            )
            return


def _with_other_indexes(problem: Problem, best: Judgement) -> Iterator[Notice]:
    unlimited = search(problem.ignoring("sources")).best
    if unlimited is not None and _is_newer(unlimited, best):
        yield Notice.of(
            "newer-with-indexes",
            build=unlimited.candidate.build.label,
            policy=problem.request.policy.value,
            command=command(problem, Change(indexes="auto")),
        )


def _is_newer(other: Judgement, best: Judgement) -> bool:
    """A side channel's version is no reason to change anything: it serves only where no official build does."""
    is_first = other.candidate.build.is_official or not best.candidate.build.is_official
    return is_first and other.candidate.build.version > best.candidate.build.version
