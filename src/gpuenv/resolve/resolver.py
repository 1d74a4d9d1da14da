"""Chooses the builds: torch with its companions and ONNX Runtime, for all GPUs, the driver, Python and platform."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from gpuenv.models.notice import Notice
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Conflict, Pin, Rejection, Resolution
from gpuenv.resolve.driver_conflict import target_conflict
from gpuenv.resolve.floor import driver_for
from gpuenv.resolve.installed import installed_candidate, moves
from gpuenv.resolve.judgement import judge, serve
from gpuenv.resolve.listing import torch_versions
from gpuenv.resolve.notes import notes_on
from gpuenv.resolve.onnxruntime import PROJECT, libraries_beside, runtime_rejections, runtimes_for
from gpuenv.resolve.pairings import wheels_first
from gpuenv.resolve.planner import is_same_build
from gpuenv.resolve.problem import make_problem
from gpuenv.resolve.ranking import is_first_choice, would_rank_higher
from gpuenv.resolve.refusal import Refusal, rejections
from gpuenv.resolve.requirements import asked_extras, torch_requirements
from gpuenv.resolve.search import search

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gpuenv.models.environment import Environment
    from gpuenv.models.index import ProjectPage
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.request import Request
    from gpuenv.models.resolution import Candidate
    from gpuenv.models.target import Target
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import PageKey, Problem
    from gpuenv.resolve.tables import Tables

_BREAKS: Final = "installed-requirements-broken"


def resolve(
    request: Request,
    target: Target,
    matrix: CompatibilityMatrix,
    *,
    environment: Environment | None = None,
    pages: Mapping[PageKey, ProjectPage] | None = None,
    tables: Tables | None = None,
) -> Resolution | Conflict:
    """Choose the builds for a request on a target, or say what stands in the way.

    Pure: `pages` holds the index pages that were read so far; a page that is not in it is taken to list what the
    matrix says. `tables` is `make_tables(matrix)`, given where many questions are asked of one matrix. An expected no
    is a `Conflict`, never an exception.
    """
    problem = make_problem(request, target, matrix, environment=environment, pages=pages, tables=tables)
    blocked = target_conflict(problem)
    if blocked is not None:
        return blocked
    if not request.requirements:
        return Resolution(torch=None, pins=(), coverage=(), driver_fit=None, minimum_driver=None, cudnn=None)
    if request.requirement("torch") is None and request.requirement(PROJECT) is not None:
        from gpuenv.resolve.onnxruntime_alone import resolve_onnxruntime  # noqa: PLC0415 - most ask for torch

        return resolve_onnxruntime(problem)
    for wanted in _with_newer_runtime(problem):
        found = _keep(wanted) or _newest(wanted, may_break=False)
        if isinstance(found, Resolution):
            return found
    found = _keep(problem) or _newest(problem, may_break=True)
    if isinstance(found, Resolution):
        return found
    from gpuenv.resolve.conflict import explain  # noqa: PLC0415 - only for a no

    return explain(problem.ignoring("wheels"), found)


def _with_newer_runtime(problem: Problem) -> Iterator[Problem]:
    """Ask for each newer ONNX Runtime, the newest first, where it alone is to be upgraded: torch moves for its sake."""
    environment = problem.environment
    found = environment.installed(canonicalize_name(PROJECT)) if environment is not None else None
    if found is None or not moves(problem, PROJECT) or moves(problem, "torch"):
        return
    for build in runtimes_for(problem):
        if build.version > found.version:
            yield _asking(problem, PROJECT, f"=={build.version}")


def _newest(problem: Problem, *, may_break: bool) -> Resolution | tuple[tuple[Candidate, Refusal], ...]:
    """Search in the order of rule 9; what the last search refused where nothing serves.

    `may_break`: also what other installed packages do not go with, or without what may be left out.
    """
    refused: tuple[tuple[Candidate, Refusal], ...] = ()
    for attempt, caveats in wheels_first(_attempts(problem)):
        if caveats and not may_break:
            break
        found = search(attempt)
        if found.best is not None and not _is_makeshift(attempt, problem, found.best):
            told = (_told(problem, found.best, caveat) for caveat in caveats)
            return _resolution(problem, found.best, found.refused, tuple(told))
        refused = found.refused
    return refused


def _keep(problem: Problem) -> Resolution | None:
    """Keep the installed build of torch where it serves the request and the target (rule 9)."""
    if problem.environment is None or moves(problem, "torch"):
        return None
    candidate = installed_candidate(problem.environment, problem.target, problem.matrix)
    if candidate is None or (problem.target.is_cpu and candidate.build.cuda is not None):
        return None
    if problem.request.policy is IndexPolicy.LOCATION:
        # What has to come beside it comes from the one place that was named.
        candidate = replace(candidate, source=problem.request.sources[0])
    in_place = replace(
        problem.ignoring("installed"),
        pages={key: page for key, page in problem.pages.items() if key[2] != "torch"},
        keeps=True,
    )
    if torch_requirements(in_place).against(candidate.build) is not None:
        return None
    service = serve(in_place, candidate.build)
    if isinstance(service, Refusal):
        return None
    judged = judge(in_place, candidate, service, runtimes_for(in_place))
    if isinstance(judged, Refusal):
        return None
    resolution = _resolution(in_place, judged, (), ())
    environment = problem.environment
    pins = tuple(_installed_pin(pin, environment) for pin in resolution.pins)
    kept = tuple(pin.project for pin in pins if _is_installed(pin, environment))
    return replace(resolution, pins=pins, kept=kept, rejected=() if PROJECT in kept else resolution.rejected)


def _installed_pin(pin: Pin, environment: Environment) -> Pin:
    """Spell the version of what stays as it is installed, so that nothing takes its place."""
    found = environment.installed(pin.project)
    return replace(pin, version=found.version) if found is not None and is_same_build(found, pin) else pin


def _is_installed(pin: Pin, environment: Environment) -> bool:
    found = environment.installed(pin.project)
    return found is not None and is_same_build(found, pin)


def _attempts(problem: Problem) -> Iterator[tuple[Problem, tuple[Notice, ...]]]:
    """Narrow the search as rule 9 orders: the installed version under another tag, then the newest.

    Requirements of other installed packages hold as long as anything can be found that meets them.
    """
    installed = problem.environment.installed("torch") if problem.environment is not None else None
    if installed is not None and not moves(problem, "torch"):
        yield _asking(problem, "torch", f"=={installed.version.public}"), ()
        if installed.version.is_devrelease:
            # Nightly builds are deleted: the release that came of it is the nearest to what was there.
            yield _asking(problem, "torch", f"=={installed.version.base_version}"), ()
    for attempt in _by_order(problem):
        yield attempt, ()
    if problem.installed_specifiers or problem.installed_pairings:
        caveat = Notice.of(_BREAKS)
        for attempt in _by_order(problem.ignoring("installed")):
            yield attempt, (caveat,)
    if PROJECT in problem.request.optional:
        caveat = Notice.of("onnxruntime-gpu-disagrees", matrix=problem.matrix.version)
        yield problem.ignoring("onnxruntime"), (caveat,)


def _told(problem: Problem, best: Judgement, caveat: Notice) -> Notice:
    """Name what a choice breaks, and not what it might have broken."""
    if caveat.code != _BREAKS:
        return caveat
    from gpuenv.resolve.installed_extensions import broken_installed  # noqa: PLC0415 - where something breaks

    return Notice.of(_BREAKS, requirements=broken_installed(problem, best))


def _is_makeshift(attempt: Problem, problem: Problem, best: Judgement) -> bool:
    """Whether keeping to the installed version would mean a build that serves only where no other does.

    A CUDA build on a CPU target, a side channel: then any version of the wanted kind comes before it.
    """
    is_narrowed = attempt.request.requirement("torch") != problem.request.requirement("torch")
    return is_narrowed and not is_first_choice(best.candidate, is_cpu=problem.target.is_cpu)


def _by_order(problem: Problem) -> Iterator[Problem]:
    """Let the later of torch and ONNX Runtime yield: where ONNX Runtime was named first, its newest build decides."""
    named = [requirement.name for requirement in problem.request.requirements]
    if PROJECT in named and named.index(PROJECT) < named.index("torch"):
        for build in runtimes_for(problem):
            yield _asking(problem, PROJECT, f"=={build.version}")
        return
    yield problem


def _asking(problem: Problem, project: str, specifier: str) -> Problem:
    """Narrow what is asked of one project."""
    requirements = tuple(
        _narrowed(found, SpecifierSet(specifier)) if found.name == project else found
        for found in problem.request.requirements
    )
    return replace(problem, request=replace(problem.request, requirements=requirements))


def _narrowed(requirement: Requirement, specifier: SpecifierSet) -> Requirement:
    narrowed = Requirement(str(requirement))
    narrowed.specifier = requirement.specifier & specifier
    return narrowed


def _resolution(
    problem: Problem,
    best: Judgement,
    refused: Iterable[tuple[Candidate, Refusal]],
    caveats: tuple[Notice, ...],
) -> Resolution:
    candidate, build = best.candidate, best.candidate.build
    torch = Pin(
        project="torch",
        version=torch_versions(candidate)[0],
        tag=build.tag,
        source=candidate.source,
        evidence=build.provenance.evidence,
        extras=asked_extras(problem, "torch"),
    )
    pins = (torch, *best.companions)
    runtime = next((pin for pin in pins if pin.project == PROJECT), None)
    refused = tuple(refused)
    return Resolution(
        torch=candidate,
        pins=pins,
        coverage=best.coverage,
        driver_fit=best.fit,
        minimum_driver=driver_for(problem, best),
        cudnn=build.cudnn,
        libraries=libraries_beside(candidate, pins, problem.target.platform.name),
        excluded=("onnxruntime",) if any(pin.project == PROJECT for pin in pins) else (),
        rejected=(
            *_higher(problem, candidate, refused),
            *(runtime_rejections(problem, runtime, candidate) if runtime is not None else ()),
        ),
        notes=(*caveats, *notes_on(problem, best, refused)),
    )


def _higher(problem: Problem, chosen: Candidate, refused: Iterable[tuple[Candidate, Refusal]]) -> tuple[Rejection, ...]:
    """Tell why not what would have ranked higher than the choice, and which wheels of its version are missing."""
    is_cpu = problem.target.is_cpu
    return rejections(
        problem,
        (
            (candidate, refusal)
            for candidate, refusal in refused
            if would_rank_higher(candidate, chosen, is_cpu=is_cpu)
            or (refusal.code == "wheel-not-on-index" and candidate.build.version == chosen.build.version)
        ),
    )
