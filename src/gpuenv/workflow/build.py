"""Conducts `gpuenv build`: place, compiler, source, wheel, the proof that its code covers the target, and its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpuenv.build.source import NamedSource, name_of, parse_source
from gpuenv.build.tree import neutral_folder
from gpuenv.build.variables import build_variables, parallel_jobs
from gpuenv.build.wheel import folder_fault
from gpuenv.errors import GpuenvError
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.models.settings import redact_url
from gpuenv.models.value import dataclass
from gpuenv.workflow.builds.compiler import find_compiler
from gpuenv.workflow.builds.cost import long_build
from gpuenv.workflow.builds.install import Placed, install_wheel
from gpuenv.workflow.builds.place import BuildChoices, find_place
from gpuenv.workflow.builds.prebuilt import find_prebuilt
from gpuenv.workflow.builds.source import fetch_tree, install_tools, known_source
from gpuenv.workflow.builds.wheel import Failed, Making, Wheel, kept_before, make_wheel
from gpuenv.workflow.inspect import inspect

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.build.source import Source
    from gpuenv.models.binaries import Inspection
    from gpuenv.models.extension import Extension
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.builds.place import Place
    from gpuenv.workflow.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A wheel for the target, what is in it, and what became of it."""

    source: str
    wheel: Path
    origin: str
    """`built`, `kept` (built before), `prebuilt` (by somebody else)."""
    target: Target
    torch: str
    toolkit: str | None
    """Its CUDA version; None where nothing was compiled."""
    variables: tuple[tuple[str, str], ...]
    """What the build was told about GPUs and parallel jobs."""
    inspection: Inspection
    faults: tuple[Notice, ...]
    """`extension-lacks-architecture` for each library and GPU without code, or why it could not be installed."""
    notes: tuple[Notice, ...] = ()
    is_installed: bool = False
    log: Path | None = None


def build(
    text: str, options: Options, choices: BuildChoices, surroundings: Surroundings, reporter: Reporter
) -> Built | Failed | Conflict:
    """Make a wheel of a source for the target's GPUs, prove it by reading it, and put it into the environment.

    Raises what `find_place`, `find_compiler`, `parse_source`, `fetch_tree` and `install_tools` raise, and
    `wheel-not-writable`.
    """
    source = parse_source(text, surroundings.cwd)
    shown = redact_url(text)
    place = find_place(options, choices, surroundings, reporter)
    if isinstance(place, Conflict):
        return place
    _require_output(place)
    extension = place.extension(name_of(source, text))
    if isinstance(source, NamedSource) and extension is not None and not choices.from_source:
        with neutral_folder() as folder:
            ready = find_prebuilt(source.requirement, extension, place, folder)
            if ready is not None:
                return _finished(shown, ready, place, extension, toolkit=None)
    return compile_source(shown, known_source(source, extension), place, extension)


def _require_output(place: Place) -> None:
    """Raise `wheel-not-writable` before a build that may take hours, not after it."""
    usual = BuildChoices().output
    folder = place.surroundings.cwd / place.choices.output
    fault = folder_fault(folder)
    if fault is not None:
        other = str(place.surroundings.home / "wheels") if place.choices.output == usual else usual
        raise GpuenvError("wheel-not-writable", folder=str(folder), detail=fault, other=other)


def compile_source(text: str, source: Source, place: Place, extension: Extension | None) -> Built | Failed | Conflict:
    """Compile a source, prove the wheel, and do with it what the place's choices say; `text` names it to the user."""
    toolkit = find_compiler(place)
    if isinstance(toolkit, Conflict):
        return toolkit
    variables = build_variables(
        place.capabilities,
        toolkit,
        place.surroundings.environ,
        jobs=parallel_jobs(extension.job_gib if extension is not None else None),
        with_ptx=place.choices.with_ptx,
        own_variable=extension.architecture_variable if extension is not None else None,
    )
    with neutral_folder() as folder:
        first = (
            install_tools(place, folder, tree=None, extension=extension, variables=variables)
            if isinstance(source, NamedSource)
            else dict(place.surroundings.environ)
        )
        tree = fetch_tree(source, place, folder, environ=first)
        making = _making(text, tree, place, extension, toolkit=str(toolkit.version), variables=variables)
        made = kept_before(making, place) or make_wheel(
            making,
            place,
            folder / "wheels",
            environ=install_tools(place, folder, tree=tree, extension=extension, variables=variables),
        )
        if isinstance(made, Failed):
            return made
        return _finished(text, made, place, extension, toolkit=str(toolkit.version), variables=variables)


def _making(
    text: str, tree: Path, place: Place, extension: Extension | None, *, toolkit: str, variables: dict[str, str]
) -> Making:
    cost = long_build(
        extension,
        jobs=_number(variables["MAX_JOBS"]),
        architectures=len(place.capabilities),
        typed=place.options.typed,
    )
    return Making(
        shown=text,
        tree=tree,
        toolkit=toolkit,
        variables=variables,
        own_variables=extension.build_variables if extension is not None else (),
        cost=cost,
    )


def _number(jobs: str) -> int:
    """Read `MAX_JOBS`; what is no number is for the build itself to complain about."""
    return max(1, int(jobs)) if jobs.isdecimal() else 1


def _finished(
    text: str,
    made: Wheel,
    place: Place,
    extension: Extension | None,
    *,
    toolkit: str | None,
    variables: dict[str, str] | None = None,
) -> Built:
    """Prove the wheel, keep it, hand it out, and install it."""
    wheel = made.path
    inspection = _proof(wheel, place)
    faults = () if made.origin == "prebuilt" else _faults(inspection, wheel, text)  # that was judged by what is loaded
    placed = Placed()
    if not faults:
        wheel = made.hand_out(place.surroundings.cwd / place.choices.output)
        if place.choices.installs:
            placed = install_wheel(wheel, place, extension)
        if not placed.problems:
            made.keep()
    return Built(
        source=text,
        wheel=wheel,
        origin=made.origin,
        target=place.target,
        torch=place.torch,
        toolkit=toolkit,
        variables=tuple(sorted((name, value) for name, value in (variables or {}).items() if name != "PATH")),
        inspection=inspection,
        faults=(*faults, *placed.problems),
        notes=(*made.notes, *placed.notes),
        is_installed=place.choices.installs and not faults and not placed.problems,
        log=made.log,
    )


def _proof(wheel: Path, place: Place) -> Inspection:
    inspection = inspect(
        (str(wheel),),
        replace(place.options, venv=None),
        place.surroundings,
        place.reporter,
        has_target=True,
        is_thorough=True,
    )
    if isinstance(inspection, Conflict):  # the target was chosen a moment ago: its GPUs went away meanwhile
        raise GpuenvError(inspection.reason.code, **inspection.reason.context)
    return inspection


def _faults(inspection: Inspection, wheel: Path, source: str) -> tuple[Notice, ...]:
    judged = [file for file in inspection.files if file.file.summary.objects]
    if not judged:
        return (Notice.of("extension-without-gpu-code", wheel=wheel.name, source=source),)
    return tuple(
        Notice.of(
            "extension-lacks-architecture",
            library=file.filename,
            gpu=gpu,
            sass=tuple(code.sm for code in (*file.main.sass, *file.main.extra_sass)),
            source=source,
        )
        for file in judged
        for gpu, verdict in file.verdicts
        if verdict.kind == "none"
    )
