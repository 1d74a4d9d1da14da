"""What would change the answer for the better: another driver, another Python, other indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.notice import Notice
from gpuenv.models.request import IndexPolicy
from gpuenv.resolve.commands import Change, command, requirement_words
from gpuenv.resolve.floor import driver_for
from gpuenv.resolve.pairings import other_releases, refusing, with_other_releases
from gpuenv.resolve.problem import nearest_pythons, with_driver, with_python
from gpuenv.resolve.refusal import DRIVER_REFUSALS
from gpuenv.resolve.search import best_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Problem

_BY_EXTENSIONS: Final = frozenset({"extension-excludes", "extension-has-no-wheel"})


def newer_with_changes(problem: Problem, best: Judgement, codes: AbstractSet[str]) -> Iterator[Notice]:
    """Name the newer versions of torch that one change would allow; `codes` is what refused the candidates."""
    if codes & _BY_EXTENSIONS:
        yield from _without_extensions(problem, best)
    if codes & DRIVER_REFUSALS:
        yield from _with_newer_driver(problem, best)
    if "no-wheel-for-python" in codes:
        yield from _with_other_python(problem, best)
    if problem.request.policy in {IndexPolicy.PYPI, IndexPolicy.PYTORCH}:
        yield from _with_other_indexes(problem, best)


def _without_extensions(problem: Problem, best: Judgement) -> Iterator[Notice]:
    """Say which extensions hold torch back; what can be compiled goes with the newer one too."""
    unlimited = best_of(problem.ignoring("extensions", "wheels"))
    if unlimited is None or not _is_newer(unlimited, best):
        return
    build = unlimited.candidate.build
    held = refusing(problem, build)
    binding = tuple(found for found in held if found.is_binding)
    instead = other_releases(problem, with_other_releases(problem), build)
    changed = tuple(pair for pair in instead if pair[0] in {found.package for found in binding})
    releases = tuple(release for _, release in changed if release is not None)
    asked = requirement_words([found for found in problem.request.requirements if found.name != "torch"])
    change = Change(requirements=" ".join(filter(None, (f"torch=={build.version}", asked))), extensions=changed)
    code = "extension-holds-torch" if binding else "extension-wheel-holds-torch"
    yield Notice.of(
        "extension-release-holds-torch" if binding and len(releases) == len(binding) else code,
        packages=tuple(found.package for found in binding or held),
        extensions=tuple(str(found.requirement) for found in binding or held),
        releases=releases,
        build=best.candidate.build.label,
        instead=build.label,
        command=command(problem, change),
    )


def _with_newer_driver(problem: Problem, best: Judgement) -> Iterator[Notice]:
    """Say which newer version a newer driver would allow, and which build of it that driver would get."""
    driver = problem.target.driver
    if driver is None or "driver" in problem.ignored:
        return
    unlimited = best_of(problem.ignoring("driver"))
    if unlimited is None or not _is_newer(unlimited, best):
        return
    needs = driver_for(problem, unlimited)
    if needs is not None:
        then = best_of(with_driver(problem, needs)) or unlimited
        yield Notice.of(
            "newer-with-driver",
            build=then.candidate.build.label,
            needs=str(needs),
            driver=str(driver.version or driver.cuda_version),
        )


def _with_other_python(problem: Problem, best: Judgement) -> Iterator[Notice]:
    unlimited = best_of(problem.ignoring("python"))
    if unlimited is None or not _is_newer(unlimited, best):
        return
    for python in nearest_pythons(problem):
        found = best_of(with_python(problem, python))
        if found is not None and found.candidate.build.version == unlimited.candidate.build.version:
            yield Notice.of(
                "newer-with-python",
                build=found.candidate.build.label,
                python=str(python),
                command=command(problem, Change(python=str(python))),
            )
            return


def _with_other_indexes(problem: Problem, best: Judgement) -> Iterator[Notice]:
    unlimited = best_of(problem.ignoring("sources"))
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
