"""Explains a no: leaves one limit after another aside, and names those whose change would give a build."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from gpuenv.models.cuda import CudaVersion
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause, Conflict
from gpuenv.resolve.causes import best_build, cause_of, maximal_subsets, select, subset_causes, use_cpu
from gpuenv.resolve.commands import Change, command, indexes_word
from gpuenv.resolve.listing import EVERY_SOURCE
from gpuenv.resolve.nearest import nearest
from gpuenv.resolve.nightly import NIGHTLY_PLATFORM
from gpuenv.resolve.pairings import goes_with, pairings_that_hold, with_other_releases
from gpuenv.resolve.problem import nearest_pythons, with_python
from gpuenv.resolve.refusal import DRIVER_REFUSALS, rejections
from gpuenv.resolve.requirements import exact_version
from gpuenv.resolve.search import best_of
from gpuenv.rules.coverage import best_sass
from gpuenv.rules.wheel_tags import glibc_suffices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.version import Version

    from gpuenv.errors import ContextValue
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.resolution import Candidate, Rejection
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Limit, Problem
    from gpuenv.resolve.refusal import Refusal

_LIMITS: tuple[Limit, ...] = ("extensions", "requirements", "driver", "python", "sources", "onnxruntime", "glibc")

_REFUSED_BY: Mapping[Limit, frozenset[str]] = {
    "extensions": frozenset({"extension-excludes"}),
    "requirements": frozenset({"requirement-excludes", "extension-excludes"}),
    "driver": DRIVER_REFUSALS,
    "python": frozenset({"no-wheel-for-python", "wheel-not-on-index"}),
    "glibc": frozenset({"glibc-too-old"}),
}
_REASONS: Mapping[Limit, str] = {
    "extensions": "extension-excludes-every-build",
    "requirements": "requirements-exclude-every-build",
    "sources": "no-gpu-build-on-index",
    "onnxruntime": "no-onnxruntime-that-agrees",
    "driver": "driver-too-old-for-every-build",
    "python": "no-build-for-python",
    "glibc": "no-build-for-glibc",
}
"""The code of a conflict by the first limit whose change would end it."""
_MOST_KINDS = 4
"""Of GPUs in one machine, for which every subset is tried where not the GPUs but something else stands in the way."""
_FAMILY = frozenset({"no-companion", "no-onnxruntime-for-cuda-major", "onnxruntime-gpu-on-cpu-target"})


def explain(problem: Problem, refused: tuple[tuple[Candidate, Refusal], ...]) -> Conflict:
    """Explain why nothing serves a request on a target; `refused` is what the last search went through."""
    rejected = rejections(problem, refused)
    if problem.target.is_cpu or _is_coverable(problem, problem.target.gpus):
        return _limited(problem, rejected, refused)
    uncovered = tuple(gpu for gpu in problem.target.gpus if not _is_coverable(problem, (gpu,)))
    if uncovered:
        served = tuple(gpu for gpu in problem.target.gpus if gpu not in uncovered)
        return Conflict(
            reason=Notice.of(
                "no-build-for-gpu",
                gpus=tuple(gpu.label for gpu in uncovered),
                platform=problem.target.platform.name,
                matrix=problem.matrix.version,
            ),
            causes=(*subset_causes(problem, served), *_nightly_causes(problem, uncovered), use_cpu(problem)),
            rejected=rejected,
        )
    subsets = tuple(maximal_subsets(problem, best_build))
    causes = tuple(Cause(change=select(problem, subset.gpus), would_give=subset.would_give) for subset in subsets)
    return Conflict(
        reason=Notice.of(
            "no-build-for-all-gpus",
            gpus=tuple(gpu.label for gpu in problem.target.gpus),
            matrix=problem.matrix.version,
        ),
        causes=causes or (use_cpu(problem),),
        subsets=subsets,
        rejected=rejected,
    )


def _nightly_causes(problem: Problem, uncovered: tuple[Gpu, ...]) -> Iterator[Cause]:
    """Offer a nightly channel that is known to have code for what no stable build serves (rule 9)."""
    if problem.request.channel == "nightly" or problem.target.platform.name != NIGHTLY_PLATFORM:
        return
    needed = [capability for gpu in uncovered for capability in gpu.capabilities]
    for channel in problem.matrix.nightly:
        cuda = CudaVersion.from_tag(channel.tag)
        if (
            channel.is_live
            and needed
            and all(best_sass(channel.sass, capability, build_cuda=cuda) is not None for capability in needed)
        ):
            change = Notice.of("use-nightly", command=command(problem, Change(channel="nightly")))
            yield Cause(change=change, would_give=None)
            return


def _is_coverable(problem: Problem, gpus: tuple[Gpu, ...]) -> bool:
    """Whether any build has code for all of some GPUs, whatever the driver."""
    return any(
        all(
            problem.tables.coverage(build, capability, None).refusal is None
            for gpu in gpus
            for capability in gpu.capabilities
        )
        for tier in problem.tiers
        for release in tier
        for build in release.builds
    ) and all(gpu.capabilities for gpu in gpus)


def _limited(
    problem: Problem, rejected: tuple[Rejection, ...], refused: tuple[tuple[Candidate, Refusal], ...]
) -> Conflict:
    """Name the limits that stand in the way: each alone if possible, else the fewest together."""
    codes = frozenset(refusal.code for _, refusal in refused)
    limits = tuple(limit for limit in _LIMITS if _is_set(problem, limit))
    for count in range(1, len(limits) + 1):
        causes: dict[tuple[Limit, ...], tuple[Cause, ...]] = {}
        for together in combinations(limits, count):
            if count == 1 and not _may_help(together[0], codes):
                continue
            found = _best_without(problem, together)
            if found is not None:
                causes[together] = (cause_of(problem, *found, together), *_nearest(problem, *found, together))
        if causes:
            reason = _reason(problem, next(iter(causes)), next(iter(causes.values()))[0], _lone(refused))
            kinds = {gpu.capabilities for gpu in problem.target.gpus}
            subsets = tuple(maximal_subsets(problem, best_build)) if len(kinds) <= _MOST_KINDS else ()
            chosen = (Cause(change=select(problem, one.gpus), would_give=one.would_give) for one in subsets)
            ways = (*chain(*causes.values()), *chosen)
            return Conflict(reason=reason, causes=ways, subsets=subsets, rejected=rejected)
    return Conflict(
        reason=Notice.of("no-build-for-platform", platform=problem.target.platform.name),
        causes=() if problem.target.is_cpu else (use_cpu(problem),),
        rejected=rejected,
    )


def _nearest(problem: Problem, freed: Problem, best: Judgement, limits: tuple[Limit, ...]) -> Iterator[Cause]:
    """Where the requirements alone stand in the way, name also the releases that are nearest to what was asked for."""
    if limits != ("requirements",) or vanished_nightly(problem) is not None:
        return
    for other in nearest(problem, freed, best):
        cause = cause_of(problem, freed, other, limits)
        yield replace(cause, change=Notice.of("change-requirement-nearest", **cause.change.context))


def _may_help(limit: Limit, codes: frozenset[str]) -> bool:
    """Whether leaving one limit aside can help, by what refused the candidates; the rest of the family has them all."""
    return bool(codes & (_REFUSED_BY.get(limit, codes) | _FAMILY)) or limit == "sources"


def _best_without(problem: Problem, limits: tuple[Limit, ...]) -> tuple[Problem, Judgement] | None:
    """Find what leaving limits aside gives, and the problem as it then is: with another Python, if that is one.

    In place of a nightly that vanished, its stable successor is found if that serves.
    """
    for freed in _freed(problem, limits):
        best = _best_python(freed) if "python" in limits else best_of(freed)
        if isinstance(best, tuple):
            return best
        if best is not None:
            return freed, best
    return None


def _freed(problem: Problem, limits: tuple[Limit, ...]) -> Iterator[Problem]:
    """Leave limits aside, all but Python, which is tried one by one."""
    others = tuple(limit for limit in limits if limit != "python")
    if "extensions" in limits:
        rest = tuple(limit for limit in others if limit != "extensions")
        yield with_other_releases(problem).ignoring("installed", *rest)
    nightly = vanished_nightly(problem) if "requirements" in limits else None
    if nightly is not None:
        kept = tuple(limit for limit in others if limit != "requirements")
        yield _asking_for(problem, f"=={nightly.base_version}").ignoring("installed", *kept)
        yield _asking_for(problem, f">={nightly.base_version}").ignoring("installed", *kept)
    if "requirements" in limits:
        kept = tuple(limit for limit in others if limit != "requirements")
        yield from (same.ignoring("installed", *kept) for same in _in_any_build(problem))
    yield problem.ignoring("installed", *others)


def _in_any_build(problem: Problem) -> Iterator[Problem]:
    """Ask for the very version of torch in whatever build, where one build of it was asked for: `2.10.0+cu130`."""
    asked = problem.request.requirement("torch")
    pinned = exact_version(asked) if asked is not None else None
    if asked is None or pinned is None or pinned.local is None or pinned.is_devrelease:
        return
    freed = Requirement(str(asked))
    freed.specifier = SpecifierSet(f"=={pinned.public}")
    requirements = tuple(freed if found.name == "torch" else found for found in problem.request.requirements)
    yield replace(problem, request=replace(problem.request, requirements=requirements))


def _best_python(problem: Problem) -> tuple[Problem, Judgement] | None:
    """Find the Python that gives the newest build; of several the nearest to the target's."""
    newest = best_of(problem.ignoring("python"))
    if newest is None:
        return None
    best: tuple[Problem, Judgement] | None = None
    for python in nearest_pythons(problem):
        there = with_python(problem, python)
        found = best_of(there)
        if found is None:
            continue
        if found.candidate.build.version == newest.candidate.build.version:
            return there, found
        if best is None or found.candidate.build.version > best[1].candidate.build.version:
            best = there, found
    return best


def _asking_for(problem: Problem, torch: str) -> Problem:
    """Ask for other versions of torch, and for whatever of the others pairs with it."""
    requirements = tuple(
        Requirement(f"torch{torch}" if found.name == "torch" else found.name) for found in problem.request.requirements
    )
    return replace(problem, request=replace(problem.request, requirements=requirements))


def _is_set(problem: Problem, limit: Limit) -> bool:
    """Whether a limit is there at all: leaving aside what does not limit is of no use."""
    match limit:
        case "extensions":
            return bool(pairings_that_hold(problem.ignoring("installed")))
        case "requirements":
            return any(requirement.specifier for requirement in problem.request.requirements)
        case "driver" | "onnxruntime":
            is_driver = limit == "driver"
            found = problem.driver_reading if is_driver else problem.request.requirement("onnxruntime-gpu")
            return found is not None
        case "sources":
            return bool(problem.pages) or any(source not in problem.request.sources for source in EVERY_SOURCE)
        case "glibc":
            newest = problem.tables.newest_glibc.get(problem.target.platform.name)
            return not glibc_suffices(newest, problem.glibc)
        case _:
            return True


def _lone(refused: tuple[tuple[Candidate, Refusal], ...]) -> str | None:
    """Tell which other member of the family the indexes lack, where they do have a torch that would serve."""
    return next((refusal.project for _, refusal in refused if refusal.code == "no-companion"), None)


def _reason(problem: Problem, limits: tuple[Limit, ...], cause: Cause, lacking: str | None) -> Notice:
    target = problem.target
    driver = target.driver.version or target.driver.cuda_version if target.driver else None
    facts: dict[str, ContextValue] = {
        "gpus": tuple(gpu.label for gpu in target.gpus) or ("CPU",),
        "python": str(target.python),
        "platform": target.platform.name,
        "driver": str(driver) if driver else None,
        "requirements": tuple(str(requirement) for requirement in problem.request.requirements),
        "instead": cause.would_give,
        "policy": indexes_word(problem) or problem.request.policy.value,
    }
    vanished = vanished_nightly(problem)
    if limits[0] == "requirements" and vanished is not None:
        return Notice.of("nightly-vanished", nightly=str(vanished), **facts)
    code = _REASONS[limits[0]]
    if limits[0] == "sources" and target.is_cpu:
        code = "no-build-on-index"
    if limits[0] == "sources" and lacking is not None:
        code, facts["lacking"] = "no-companion-on-index", lacking
    if limits[0] == "extensions":
        facts["extensions"] = tuple(str(found.requirement) for found in problem.request.pairings if found.is_binding)
        facts["goes_with"] = goes_with(problem)
    if limits[0] == "glibc":
        facts["glibc"] = ".".join(map(str, problem.glibc or ()))
    needs = cause.change.context.get("glibc" if limits[0] == "glibc" else "needs")
    return Notice.of(code, needs=needs, **facts)


def vanished_nightly(problem: Problem) -> Version | None:
    """Read the dated build that was asked for: nightly builds are deleted after some weeks."""
    asked = problem.request.requirement("torch")
    version = exact_version(asked) if asked is not None else None
    return version if version is not None and version.is_devrelease else None
