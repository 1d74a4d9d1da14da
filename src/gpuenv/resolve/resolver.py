"""Chooses the builds: torch with its companions and ONNX Runtime, for all GPUs, the driver, Python and platform."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.models.index import SourceKind
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict, Pin, Rejection, Resolution
from gpuenv.resolve.conflict import explain, target_conflict
from gpuenv.resolve.floor import required_driver
from gpuenv.resolve.installed import installed_candidate
from gpuenv.resolve.judgement import Judgement, judge
from gpuenv.resolve.notes import notes_on
from gpuenv.resolve.onnxruntime import PROJECT
from gpuenv.resolve.onnxruntime_alone import resolve_onnxruntime
from gpuenv.resolve.problem import PageKey, Problem, make_problem
from gpuenv.resolve.ranking import is_first_choice, would_rank_higher
from gpuenv.resolve.search import search

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gpuenv.models.environment import Environment
    from gpuenv.models.index import ProjectPage
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target


def resolve(
    request: Request,
    target: Target,
    matrix: CompatibilityMatrix,
    *,
    environment: Environment | None = None,
    pages: Mapping[PageKey, ProjectPage] | None = None,
) -> Resolution | Conflict:
    """Choose the builds for a request on a target, or say what stands in the way.

    Pure: `pages` holds the index pages that were read so far; a page that is not in it is taken to list what the
    matrix says. An expected no is a `Conflict`, never an exception.
    """
    problem = make_problem(request, target, matrix, environment=environment, pages=pages)
    blocked = target_conflict(problem)
    if blocked is not None:
        return blocked
    if request.requirement("torch") is None and request.requirement(PROJECT) is not None:
        return resolve_onnxruntime(problem)
    kept = _keep(problem)
    if kept is not None:
        return kept
    for attempt, caveats in _attempts(problem):
        found = search(attempt)
        if found.best is None:
            continue
        is_narrowed = attempt.request is not problem.request
        if is_narrowed and not is_first_choice(found.best.candidate, is_cpu=problem.target.is_cpu):
            continue
        return _resolution(problem, found.best, found.rejections, caveats)
    return explain(problem)


def _keep(problem: Problem) -> Resolution | None:
    """Keep the installed build of torch where it serves the request and the target."""
    if problem.environment is None or problem.request.upgrade:
        return None
    candidate = installed_candidate(problem.environment, problem.target, problem.matrix)
    if candidate is None:
        return None
    if problem.target.is_cpu and candidate.build.cuda is not None:
        return None
    in_place = replace(problem, pages={key: page for key, page in problem.pages.items() if key[2] != "torch"})
    judged = judge(in_place.ignoring("installed"), candidate)
    if isinstance(judged, Notice):
        return None
    resolution = _resolution(problem, judged, (), ())
    environment = problem.environment
    pins = tuple(_installed_pin(pin, environment) for pin in resolution.pins)
    kept = tuple(pin.project for pin in pins if environment.installed(pin.project) is not None)
    return replace(resolution, pins=pins, kept=kept)


def _installed_pin(pin: Pin, environment: Environment) -> Pin:
    """Keep a companion that pairs, whatever release of it a new environment would get.

    The engine is told the exact installed version, so that nothing takes its place.
    """
    found = environment.installed(pin.project)
    if found is None:
        return pin
    if found.version.public != pin.version.public and pin.project != "torch":
        return pin
    return replace(pin, version=found.version)


def _attempts(problem: Problem) -> Iterable[tuple[Problem, tuple[Notice, ...]]]:
    """Narrow the search as rule 9 orders: the installed version under another tag, then the newest.

    Requirements of other installed packages hold as long as anything can be found that meets them.
    """
    installed = problem.environment.installed("torch") if problem.environment is not None else None
    if installed is not None and not problem.request.upgrade:
        same = SpecifierSet(f"=={installed.version.public}")
        requirements = tuple(
            _narrowed(found, same) if found.name == "torch" else found for found in problem.request.requirements
        )
        yield replace(problem, request=replace(problem.request, requirements=requirements)), ()
    yield problem, ()
    if problem.installed_specifiers:
        breaks = tuple(f"{name}{found}" for name, found in sorted(problem.installed_specifiers.items()))
        yield problem.ignoring("installed"), (Notice.of("installed-requirements-broken", requirements=breaks),)


def _narrowed(requirement: Requirement, specifier: SpecifierSet) -> Requirement:
    narrowed = Requirement(str(requirement))
    narrowed.specifier = requirement.specifier & specifier
    return narrowed


def _resolution(
    problem: Problem, best: Judgement, rejections: Iterable[Rejection], caveats: tuple[Notice, ...]
) -> Resolution:
    candidate, build = best.candidate, best.candidate.build
    torch = Pin(
        project="torch",
        version=_source_version(best),
        tag=build.tag,
        source=candidate.source,
        evidence=build.provenance.evidence,
    )
    higher = [
        found for found in rejections if would_rank_higher(found.candidate, candidate, is_cpu=problem.target.is_cpu)
    ]
    higher.sort(key=lambda found: (found.candidate.build.version, found.candidate.build.tag), reverse=True)
    unique = {found.candidate.build.label: found for found in reversed(higher)}
    return Resolution(
        torch=candidate,
        pins=(torch, *best.companions),
        coverage=best.coverage,
        driver_fit=best.fit,
        minimum_driver=required_driver(problem, build.cuda, best.coverage),
        cudnn=build.cudnn,
        rejected=tuple(reversed(unique.values())),
        notes=(*caveats, *notes_on(problem, best)),
    )


def _source_version(best: Judgement) -> Version:
    """Name the version as the source spells it: with the local label, but not on PyPI."""
    build, source = best.candidate.build, best.candidate.source
    label = build.tag if source.kind is SourceKind.FIND_LINKS and not build.on_pypi else build.local
    if source.kind is SourceKind.PYPI or label is None:
        return build.version
    return Version(f"{build.version}+{label}")
