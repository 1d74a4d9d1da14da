"""Plans: the resolution, and the steps that lead to it from the environment as it is."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.models.resolution import Conflict
from gpuenv.resolve.planner import make_plan
from gpuenv.workflow.present import closure_in_place
from gpuenv.workflow.resolution import resolve_request
from gpuenv.workflow.target import DETECTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.plan import Plan
    from gpuenv.models.progress import Reporter
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolution import Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A resolution or conflict, and the plan where there is something to plan."""

    resolved: Resolved
    plan: Plan | None
    """None on conflict."""
    additions: tuple[LockedPackage, ...] | None
    """What the engine's resolver adds; None where it was not asked."""


def plan(
    options: Options, surroundings: Surroundings, reporter: Reporter, *, looks_at_environment: bool | None = None
) -> Planned:
    """Resolve, and plan the steps. Changes nothing.

    `looks_at_environment` None: unless the target is described.
    """
    resolved = resolve_request(options, surroundings, reporter, looks_at_environment=looks_at_environment)
    if isinstance(resolved.outcome, Conflict):
        return Planned(resolved=resolved, plan=None, additions=None)
    additions = _additions(resolved, resolved.outcome, options, surroundings, reporter)
    return Planned(
        resolved=resolved,
        plan=make_plan(resolved.outcome, resolved.environment, additions),
        additions=additions,
    )


def _additions(
    resolved: Resolved, resolution: Resolution, options: Options, surroundings: Surroundings, reporter: Reporter
) -> tuple[LockedPackage, ...] | None:
    """Ask the engine what else has to come; nothing where all is there, None where it cannot be asked."""
    request = resolved.request
    others, constraints = (request.others, request.constraints) if request is not None else ((), ())
    if resolved.environment is not None and _is_all_there(resolved, resolution, others):
        return ()
    is_described = options.target not in DETECTED and options.target != "cpu"
    if options.is_offline or (is_described and resolved.root is None):
        return None
    from gpuenv.install.closure import compile_closure  # noqa: PLC0415 - the engine is asked only here
    from gpuenv.install.preview import preview_install  # noqa: PLC0415

    if resolved.environment is not None:
        return preview_install(
            resolution.pins,
            others,
            python=resolved.environment.python,
            kept=resolution.kept,
            constraints=(*resolution.constraints, *constraints),
            excluded=resolution.excluded,
            settings=resolved.settings,
            environ=surroundings.environ,
            reporter=reporter,
        )
    if resolved.target is None:
        return None
    return compile_closure(
        resolution.pins,
        others,
        python=interpreter(options),
        python_version=resolved.target.python,
        platform=None,
        settings=resolved.settings,
        environ=surroundings.environ,
        with_hashes=False,
        constraints=(*resolution.constraints, *constraints),
        excluded=resolution.excluded,
        reporter=reporter,
    )


def interpreter(options: Options) -> Path:
    """Name the interpreter that a new environment is made with, as far as it is a path; else our own."""
    if options.python is not None and Path(options.python).exists():
        return Path(options.python)
    return Path(sys.executable)


def _is_all_there(resolved: Resolved, resolution: Resolution, others: Sequence[str]) -> bool:
    """Whether the environment already holds the family as chosen and everything else that was asked for."""
    environment = resolved.environment
    if environment is None or not make_plan(resolution, environment, ()).is_empty:
        return False
    return closure_in_place(environment, others) is not None
