"""Plans: the resolution, and the steps that lead to it from the environment as it is."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from gpuenv.errors import GpuenvError
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.models.value import dataclass
from gpuenv.resolve.planner import make_plan
from gpuenv.workflow.inputs import is_environment
from gpuenv.workflow.resolving.present import closure_in_place
from gpuenv.workflow.resolving.resolution import resolve_request
from gpuenv.workflow.target import DETECTED

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gpuenv.install.closures.wheel_files import WheelFiles
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.plan import Build, Plan
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.kept_pages import KeptPages
    from gpuenv.workflow.resolving.resolution import Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A resolution or conflict, and the plan where there is something to plan."""

    resolved: Resolved
    plan: Plan | None
    """None on conflict."""
    additions: tuple[LockedPackage, ...] | None
    """What the engine's resolver adds; None where it was not asked."""
    files: WheelFiles | None = None
    """The files of what is to be installed; None where nothing is, or where the engine was not asked."""


def plan(
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    looks_at_environment: bool | None = None,
    has_to_be_complete: bool = False,
    meanwhile: Callable[[], None] | None = None,
) -> Planned:
    """Resolve, and plan the steps. Changes nothing.

    `looks_at_environment` None: unless the target is described. `has_to_be_complete`: the dependencies too, also
    offline, where the engine then answers out of its cache and the user's folders, or raises `not-in-cache`.
    `meanwhile` is done while the engine is at work, and only then.
    """

    def planned(pages: KeptPages | None) -> Planned:
        return _planned(
            *(options, surroundings, reporter),
            looks_at_environment=looks_at_environment,
            has_to_be_complete=has_to_be_complete,
            meanwhile=partial(_confirmed_first, pages, meanwhile),
            pages=pages,
        )

    if options.is_offline:
        return planned(None)
    from gpuenv.workflow.resolving.kept_pages import KeptPages  # noqa: PLC0415 - offline no page is asked for

    pages = KeptPages()
    try:
        found = planned(pages)
    except GpuenvError:
        if pages.hold():
            raise
    else:
        if pages.hold():
            return found
    return planned(pages)


def _confirmed_first(pages: KeptPages | None, meanwhile: Callable[[], None] | None) -> None:
    """Ask whether the pages that the plan rests on are still the same, and then do what else there is to do."""
    if pages is not None:
        pages.confirm()
    if meanwhile is not None:
        meanwhile()


def _planned(
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    looks_at_environment: bool | None,
    has_to_be_complete: bool,
    meanwhile: Callable[[], None],
    pages: KeptPages | None,
) -> Planned:
    """Plan as `plan` does, with pages that are confirmed while the engine is at work."""
    resolved = resolve_request(
        *(options, surroundings, reporter), looks_at_environment=looks_at_environment, kept_pages=pages
    )
    resolved = replace(resolved, notes=(*_passed_over(resolved, options, surroundings), *resolved.notes))
    if isinstance(resolved.outcome, Conflict):
        return Planned(resolved=resolved, plan=None, additions=None)
    resolved, builds = _with_builds(resolved, options, surroundings, reporter, is_made_here=has_to_be_complete)
    if isinstance(resolved.outcome, Conflict):
        return Planned(resolved=resolved, plan=None, additions=None)
    from gpuenv.install.traces import without_traces  # noqa: PLC0415 - not on conflict

    with without_traces(resolved.environment.root if resolved.environment is not None else None):
        additions = _additions(
            resolved,
            resolved.outcome,
            options,
            surroundings,
            reporter,
            has_to_be_complete=has_to_be_complete,
            meanwhile=meanwhile,
        )
        steps = make_plan(resolved.outcome, resolved.environment, additions, asked_for(resolved))
        if additions is None and resolved.request is not None and resolved.request.others:
            steps = replace(steps, is_complete=False)
        files = _files(steps, resolved, options, surroundings)
    sized = with_sizes(steps, files.packages) if files is not None else steps
    return Planned(resolved=resolved, plan=replace(sized, builds=builds), additions=additions, files=files)


def _with_builds(
    resolved: Resolved, options: Options, surroundings: Surroundings, reporter: Reporter, *, is_made_here: bool
) -> tuple[Resolved, tuple[Build, ...]]:
    """Plan what is compiled, unless nothing is to be; what nothing compiles is named in the notes.

    A plan for a machine elsewhere names no compiler: this one's says nothing of it.
    """
    if not options.builds_extensions or not resolved.builds or resolved.target is None:
        return resolved, ()
    from gpuenv.workflow.resolving.extension_builds import (  # noqa: PLC0415 - few applications compile
        without_left_out,
        without_rebuilt,
    )

    environment, builds = resolved.environment, resolved.builds
    is_here = is_made_here if environment is None else environment.platform.name == resolved.target.platform.name
    if is_here:
        from gpuenv.workflow.builds.planning import long_builds, plan_builds  # noqa: PLC0415 - as above

        python = environment.python if environment is not None else venv_python(options, surroundings.environ)
        planned = plan_builds(builds, resolved, options, surroundings, reporter, python=python, is_to_run=is_made_here)
        if isinstance(planned, Conflict):
            return replace(resolved, outcome=planned), ()
        builds = planned
        told = long_builds(builds, resolved, options, surroundings.environ)
        resolved = replace(resolved, notes=(*resolved.notes, *told))
    if isinstance(resolved.outcome, Conflict):
        return resolved, ()
    outcome = without_rebuilt(resolved.outcome, builds)
    return replace(resolved, outcome=outcome, notes=without_left_out(resolved.notes, builds)), builds


def asked_for(resolved: Resolved) -> dict[str, Notice]:
    """Say who asked for projects outside the family, by canonical name: the user, an application, ONNX Runtime."""
    by_application = {
        canonicalize_name(part.requirement.name): Notice.of("application-needs", application=application.name)
        for application in resolved.applications
        for part in application.requires
    }
    asked = resolved.request.others if resolved.request is not None else ()
    brought = resolved.outcome.libraries if isinstance(resolved.outcome, Resolution) else ()
    names = {text: canonicalize_name(found[0]) for text in asked if (found := _NAME.match(text)) is not None}
    loaded = {name: Notice.of("onnxruntime-loads") for text, name in names.items() if text in brought}
    return {name: by_application.get(name, loaded.get(name, Notice.of("requested"))) for name in names.values()}


def _passed_over(resolved: Resolved, options: Options, surroundings: Surroundings) -> tuple[Notice, ...]:
    """Say where an environment is at hand and was not looked at, since the target is another machine."""
    if resolved.root is not None or options.target in DETECTED or options.venv is not None:
        return ()
    from gpuenv.detect.environments.place import usual_place  # noqa: PLC0415 - not for this machine

    if not (surroundings.cwd / Path(usual_place(surroundings.environ)).expanduser()).exists():
        return ()
    from gpuenv.detect.environment import find_environment  # noqa: PLC0415 - where something is there

    root = find_environment(None, surroundings)
    if not is_environment(root):
        return ()
    near = root.relative_to(surroundings.cwd) if root.is_relative_to(surroundings.cwd) else root
    return (Notice.of("environment-passed-over", path=str(near)),)


def _files(steps: Plan, resolved: Resolved, options: Options, surroundings: Surroundings) -> WheelFiles | None:
    """Ask the engine's cache for the files of a plan."""
    if not steps.installs or not steps.is_complete:
        return None
    from gpuenv.install.closures.wheel_files import find_files  # noqa: PLC0415 - only where something is to be installed

    environment = resolved.environment
    return find_files(
        steps.installs,
        python=environment.python if environment is not None else venv_python(options, surroundings.environ),
        settings=resolved.settings,
        environ=surroundings.environ,
    )


def with_sizes(steps: Plan, files: Sequence[LockedPackage]) -> Plan:
    """Write into the steps how much is downloaded for each, where that is known."""
    sizes = {(found.project, found.version): found.size_bytes for found in files}
    return replace(
        steps,
        steps=tuple(
            replace(step, size_bytes=sizes.get((step.project, step.version))) if isinstance(step, Install) else step
            for step in steps.steps
        ),
    )


def _additions(
    resolved: Resolved,
    resolution: Resolution,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    has_to_be_complete: bool,
    meanwhile: Callable[[], None],
) -> tuple[LockedPackage, ...] | None:
    """Ask the engine what else has to come; nothing where all is there, None where it cannot be asked."""
    environment, request = resolved.environment, resolved.request
    is_upgrade = request is not None and bool(request.upgraded_others)
    if environment is not None and not is_upgrade and _is_all_there(resolved, resolution):
        return ()
    is_described = options.target not in DETECTED and options.target != "cpu"
    if (options.is_offline and not has_to_be_complete) or (is_described and resolved.root is None):
        return None
    from threading import Thread  # noqa: PLC0415 - the engine is asked only here

    from gpuenv.workflow.resolving.additions import EngineQuestion  # noqa: PLC0415 - as above

    Thread(target=meanwhile, daemon=True).start()
    question = EngineQuestion(
        resolution=resolution,
        request=request,
        settings=resolved.settings,
        surroundings=surroundings,
        reporter=reporter,
        is_offline=options.is_offline,
    )
    if environment is not None:
        return question.beside(environment)
    if resolved.target is None:
        return None
    return question.anew(resolved.target, python=venv_python(options, surroundings.environ))


def venv_python(options: Options, environ: Mapping[str, str]) -> Path:
    """Find the interpreter that a new environment is made with: the one named by path or version, else our own.

    Raises `python-not-found`.
    """
    if options.python is None or Path(options.python).exists():
        return interpreter(options)
    from gpuenv.install.environments import find_python  # noqa: PLC0415 - only where a version was given

    return find_python(options.python.removeprefix("python"), environ)


def interpreter(options: Options) -> Path:
    """Name the interpreter that a new environment is made with, as far as it is a path; else our own."""
    if options.python is not None and Path(options.python).exists():
        return Path(options.python)
    return Path(sys.executable)


def _is_all_there(resolved: Resolved, resolution: Resolution) -> bool:
    """Whether the environment already holds the family as chosen and everything else that was asked for."""
    environment = resolved.environment
    if environment is None or not make_plan(resolution, environment, ()).is_empty:
        return False
    others = resolved.request.others if resolved.request is not None else ()
    return closure_in_place(environment, others) is not None
