"""From options to a resolution: environment, matrix, target, request, and the index pages that decide."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.index import SourceKind
from gpuenv.models.notice import Notice
from gpuenv.models.platform import PythonVersion
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.resolve.tables import make_tables
from gpuenv.workflow.needed import needed_family
from gpuenv.workflow.request import make_request
from gpuenv.workflow.target import DETECTED, ChosenTarget, choose_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gpuenv.models.environment import Environment
    from gpuenv.models.index import ProjectPage, Source
    from gpuenv.models.matrix import CompatibilityMatrix, GpuModel
    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import Request
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.project.requirement_files import RequirementLine
    from gpuenv.resolve.problem import PageKey
    from gpuenv.resolve.tables import Tables
    from gpuenv.workflow.options import Options

_INDEX_FAULTS: Final = "index-"
"""Codes of errors that say that an index as a whole cannot be used."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixData:
    """A matrix, and what is worked out of it once for all resolutions of a run."""

    matrix: CompatibilityMatrix
    tables: Tables
    """The matrix in the order of the search, shared by all resolutions of a run."""
    gpu_models: Callable[[], Sequence[GpuModel]]


def load_data(choice: str | None, surroundings: Surroundings) -> MatrixData:
    """Load the matrix of that choice (None: the newest)."""
    matrix = load_matrix(choice, cwd=surroundings.cwd)
    return MatrixData(
        matrix=matrix,
        tables=make_tables(matrix),
        gpu_models=lambda: matrix.gpus,
    )


def resolve_request(
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    looks_at_environment: bool | None = None,
    data: MatrixData | None = None,
    settings: IndexSettings | None = None,
) -> Resolved:
    """Resolve what the options ask for.

    `looks_at_environment` None: unless the target is described. `data` is given where many requests share it.
    `settings` None: as pip and uv are configured here.
    """
    from gpuenv.project.index_choice import sources_for  # noqa: PLC0415 - in the order of the work
    from gpuenv.project.pip_configuration import read_index_settings  # noqa: PLC0415

    data = data or load_data(options.matrix, surroundings)
    matrix = data.matrix
    root, environment = _environment(options, surroundings, looks_at_environment=looks_at_environment)
    settings = settings or read_index_settings(surroundings, venv=root)
    chosen = choose_target(
        options,
        surroundings,
        python=_python(options, environment, surroundings),
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
    lines = _requirement_lines(options, surroundings)
    if not options.is_offline:
        lines += needed_family(lines, chosen.target, environment, settings, surroundings, reporter)
    asked = make_request(lines, options, chosen.target, environment, policy=policy, sources=sources)
    outcome, request, notes = _resolve_with_pages(
        asked.request, chosen, data.tables, environment, settings, options, surroundings, reporter
    )
    return Resolved(
        outcome=outcome,
        matrix=matrix,
        settings=settings,
        target=chosen.target,
        request=request,
        root=root,
        environment=environment,
        notes=(*chosen.notes, *asked.notes, *notes),
    )


def _environment(
    options: Options, surroundings: Surroundings, *, looks_at_environment: bool | None
) -> tuple[Path | None, Environment | None]:
    """Find and read the environment; a described target has none unless `--venv` names one."""
    looks = options.target in DETECTED if looks_at_environment is None else looks_at_environment
    if not looks and options.venv is None:
        return None, None
    from gpuenv.detect.environment import find_environment, read_environment  # noqa: PLC0415 - not for described targets

    root = find_environment(options.venv, surroundings)
    return root, read_environment(root, surroundings=surroundings) if root.exists() else None


def _python(options: Options, environment: Environment | None, surroundings: Surroundings) -> PythonVersion:
    """Tell the target's Python: the environment's, the one named by version or path, or the one that runs gpuenv."""
    if environment is not None:
        return environment.python_version
    if options.python is None:
        return _here()
    try:
        return PythonVersion.parse(options.python.removeprefix("python"))
    except ValueError as error:
        path = surroundings.cwd / Path(options.python)
        if not path.is_file():
            raise UsageError("python-version-invalid", python=options.python) from error
    from gpuenv.detect.interpreter import ask_interpreter  # noqa: PLC0415 - only where a path was given

    return ask_interpreter(path, surroundings.environ).version


def _here() -> PythonVersion:
    return PythonVersion(major=sys.version_info.major, minor=sys.version_info.minor)


def _requirement_lines(options: Options, surroundings: Surroundings) -> tuple[RequirementLine, ...]:
    """Gather what was asked for: REQ and `-r` files; without them what the project's table names."""
    from gpuenv.project.requirement_files import (  # noqa: PLC0415
        RequirementLine,
        parse_requirement,
        read_requirement_files,
    )
    from gpuenv.project.table import read_project_table  # noqa: PLC0415

    texts, origin = options.requirements, "command line"
    if not texts and not options.requirement_files:
        table = read_project_table(surroundings.cwd)
        texts, origin = (table.requirements, table.file) if table is not None else ((), origin)
    return (
        *(
            RequirementLine(
                text=text, file=origin, line=number, kind="requirement", requirement=parse_requirement(text)
            )
            for number, text in enumerate(texts, start=1)
        ),
        *read_requirement_files(options.requirement_files, cwd=surroundings.cwd, environ=surroundings.environ),
    )


def _resolve_with_pages(
    request: Request,
    chosen: ChosenTarget,
    tables: Tables,
    environment: Environment | None,
    settings: IndexSettings,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
) -> tuple[Resolution | Conflict, Request, tuple[Notice, ...]]:
    """Resolve, read the pages that the answer rests on, and resolve again until it rests on pages that were read.

    Where the PyTorch index cannot be reached, `auto` goes on without it and says so.
    """
    from gpuenv.workflow.measurement import make_measurement  # noqa: PLC0415 - in the order of the work

    pages: dict[PageKey, ProjectPage] = {}
    is_nightly = request.channel == "nightly"
    notes = [Notice.of("nightly-not-read")] if is_nightly and options.is_offline else []
    wanted = (
        *_flat_pages(request, is_offline=options.is_offline),
        *_nightly_pages(request, chosen.target, tables.matrix, is_offline=options.is_offline),
    )
    measurement = make_measurement(request, chosen.target, settings, options, surroundings, reporter, notes)
    tables = measurement.with_installed(tables, environment)
    while True:
        for source, tag, project in wanted:
            if source not in request.sources:
                continue
            if source.is_remote:
                reporter.stage("reading-index", project=project, tag=tag or "")
            try:
                pages[source, tag, project] = _read(source, tag, project, settings, surroundings)
            except GpuenvError as error:
                if request.policy is not IndexPolicy.AUTO or not error.code.startswith(_INDEX_FAULTS):
                    raise
                notes.append(Notice.of("index-left-out", reason=error.code, **_place(error)))
                request = replace(request, sources=tuple(other for other in request.sources if other != source))
        outcome, tables = measurement.resolved(request, tables, environment, pages)
        if isinstance(outcome, Conflict):
            return outcome, request, tuple(notes)
        if options.is_offline:
            return outcome, _with_libraries(request, outcome), tuple(notes)
        wanted = tuple(key for key in _pages_behind(outcome) if key not in pages and key[0] in request.sources)
        if not wanted:
            return _with_page_form(outcome, pages), _with_libraries(request, outcome), tuple(notes)


def _read(
    source: Source, tag: str | None, project: str, settings: IndexSettings, surroundings: Surroundings
) -> ProjectPage:
    from gpuenv.index.pages import read_project_page  # noqa: PLC0415 - a run without pages needs no HTTP
    from gpuenv.project.folders import cache_folder  # noqa: PLC0415 - as above

    return read_project_page(source, tag, project, settings=settings, cache=cache_folder(surroundings) / "pages")


def _with_libraries(request: Request, resolution: Resolution) -> Request:
    """Ask the engine for the wheels of CUDA and cuDNN, where the choice does not bring them itself."""
    return replace(request, others=(*request.others, *resolution.libraries))


def _with_page_form(resolution: Resolution, pages: Mapping[PageKey, ProjectPage]) -> Resolution:
    """Tell the engine which pins come from one flat page per tag, as some mirrors have it."""
    flat = {key for key, page in pages.items() if page.is_flat}
    pins = tuple(replace(pin, is_flat=(pin.source, pin.tag, pin.project) in flat) for pin in resolution.pins)
    return replace(resolution, pins=pins)


def _place(error: GpuenvError) -> Mapping[str, str]:
    """Name the index of a fault, as far as the error does."""
    url = error.context.get("url")
    return {"url": url} if isinstance(url, str) else {}


def _flat_pages(request: Request, *, is_offline: bool) -> Iterator[PageKey]:
    """List the find-links pages: nothing but their content tells what they have. Offline, folders only."""
    for source in request.sources:
        if source.kind is SourceKind.FIND_LINKS and not (is_offline and source.is_remote):
            for requirement in request.requirements:
                yield source, None, requirement.name


def _nightly_pages(
    request: Request, target: Target, matrix: CompatibilityMatrix, *, is_offline: bool
) -> Iterator[PageKey]:
    """List the pages of the live nightly channels: only they tell which dates there are. Offline, folders only."""
    if request.channel != "nightly" or request.requirement("torch") is None:
        return
    for source in request.sources:
        if source.kind is not SourceKind.PYTORCH or (is_offline and source.is_remote):
            continue
        for channel in matrix.nightly:
            if channel.is_live and (channel.tag == "nightly/cpu") == target.is_cpu:
                for requirement in request.requirements:
                    if requirement.name != "onnxruntime-gpu":
                        yield source, channel.tag, requirement.name


def _pages_behind(resolution: Resolution) -> Iterator[PageKey]:
    """List the pages of a PyTorch-style index that a resolution rests on."""
    for pin in resolution.pins:
        if pin.source.kind is SourceKind.PYTORCH and pin.project not in resolution.kept:
            yield pin.source, pin.tag, pin.project
