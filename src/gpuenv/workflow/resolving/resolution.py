"""From options to a resolution: environment, matrix, target, request, and the index pages that decide."""

from __future__ import annotations

from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING

from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.project.folders import matrix_cache
from gpuenv.resolve.tables import make_tables
from gpuenv.workflow.inputs import environment_of, python_of, requirement_lines
from gpuenv.workflow.resolving.applications import (
    Applied,
    application_notes,
    apply_applications,
    may_have_applications,
    without_excluded,
)
from gpuenv.workflow.resolving.extension_choice import serve_extensions
from gpuenv.workflow.resolving.extension_lines import part_extensions
from gpuenv.workflow.resolving.needed import needed_family
from gpuenv.workflow.resolving.page_reading import resolve_with_pages
from gpuenv.workflow.resolving.request import make_request
from gpuenv.workflow.target import DETECTED, choose_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gpuenv.models.application import Application
    from gpuenv.models.environment import Environment
    from gpuenv.models.matrix import CompatibilityMatrix, GpuModel
    from gpuenv.models.notice import Notice
    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import Request
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.resolve.tables import Tables
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.needed import ClosureNames
    from gpuenv.workflow.resolving.newest_release import Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A request, the target it is for, and what was chosen."""

    outcome: Resolution | Conflict
    matrix: CompatibilityMatrix
    settings: IndexSettings
    target: Target | None
    """None where there was no target to resolve for (no usable GPU)."""
    request: Request | None
    root: Path | None
    """The folder of the environment; None where none is looked at (described targets, `lock`)."""
    environment: Environment | None
    """None where there is none yet."""
    notes: tuple[Notice, ...] = ()
    applications: tuple[Application, ...] = ()
    """Those of the request whose rows were applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixData:
    """A matrix, and what is worked out of it once for all resolutions of a run."""

    matrix: CompatibilityMatrix
    tables: Tables
    """The matrix in the order of the search, shared by all resolutions of a run."""
    gpu_models: Callable[[], Sequence[GpuModel]]
    answers: Answers = field(default_factory=dict)
    """What the default index answered about newer releases: fills as it is asked."""
    applications: Callable[[], Sequence[Application]] = tuple
    """What is known of applications, the project's own first: read where a request could name one."""


def known_applications(choice: str | None, surroundings: Surroundings) -> tuple[Application, ...]:
    """Gather what the project's table and the matrix know of applications; the project's word counts first."""
    from gpuenv.matrix.catalog import load_applications  # noqa: PLC0415 - few runs name more than torch
    from gpuenv.project.applications import read_project_applications  # noqa: PLC0415

    own = read_project_applications(surroundings.cwd, today=surroundings.now.date().isoformat())
    names = {application.name for application in own}
    shared = load_applications(choice, cwd=surroundings.cwd, cache=matrix_cache(surroundings))
    return (*own, *(application for application in shared if application.name not in names))


def load_data(choice: str | None, surroundings: Surroundings) -> MatrixData:
    """Load the matrix of that choice (None: the newest)."""
    matrix = load_matrix(choice, cwd=surroundings.cwd, cache=matrix_cache(surroundings))
    return MatrixData(
        matrix=matrix,
        tables=make_tables(matrix),
        gpu_models=lambda: matrix.gpus,
        applications=cache(lambda: known_applications(choice, surroundings)),
    )


def resolve_request(
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    looks_at_environment: bool | None = None,
    data: MatrixData | None = None,
    settings: IndexSettings | None = None,
    closure_names: ClosureNames | None = None,
) -> Resolved:
    """Resolve what the options ask for.

    `looks_at_environment` None: unless the target is described. `data` is given where many requests share it.
    `settings` None: as pip and uv are configured here. `closure_names` finds what other requirements come down to;
    None: by the engine, which may build sources for it.
    """
    from gpuenv.project.index_choice import sources_for  # noqa: PLC0415 - in the order of the work
    from gpuenv.project.pip_configuration import read_index_settings  # noqa: PLC0415

    data = data or load_data(options.matrix, surroundings)
    matrix = data.matrix
    root, environment = environment_of(options, surroundings, looks_at_environment=looks_at_environment)
    settings = settings or read_index_settings(surroundings, venv=root)
    chosen = choose_target(
        options,
        surroundings,
        python=python_of(options, environment, surroundings),
        gpu_models=data.gpu_models,
    )
    if isinstance(chosen, Conflict):
        return Resolved(
            outcome=chosen,
            matrix=matrix,
            settings=settings,
            target=None,
            request=None,
            root=root,
            environment=environment,
        )
    policy, sources = sources_for(options.indexes, surroundings, settings)
    lines = requirement_lines(options, surroundings)
    applied = Applied(lines=lines)
    if may_have_applications(lines):
        applied = apply_applications(lines, data.applications(), is_cpu=chosen.target.is_cpu)
        lines = applied.lines
    lines, extensions = part_extensions(lines, matrix.extensions, chosen.target)
    if not options.is_offline:
        lines += needed_family(lines, chosen.target, environment, settings, surroundings, reporter, closure_names)
    asked = make_request(lines, options, chosen.target, environment, policy=policy, sources=sources)
    outcome, request, notes = resolve_with_pages(
        asked.request, chosen.target, data.tables, environment, settings, options, surroundings, reporter, data.answers
    )
    outcome, request, served = serve_extensions(
        extensions, outcome, request, chosen.target, environment, settings, options, surroundings, reporter
    )
    is_described = options.target not in DETECTED
    known = application_notes(
        applied.applications,
        chosen.target,
        environment,
        outcome,
        described=options.target if is_described else None,
        venv=options.venv,
    )
    return Resolved(
        outcome=without_excluded(outcome, applied.excluded),
        matrix=matrix,
        settings=settings,
        target=chosen.target,
        request=request,
        root=root,
        environment=environment,
        notes=(*chosen.notes, *applied.notes, *asked.notes, *notes, *served, *known),
        applications=applied.applications,
    )
