"""Completes the inspection of an environment: what cannot be loaded, what is in the way, the code generators."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.binaries.dependencies import (
    libraries_of_the_system_first,
    linux_loader,
    missing_libraries,
    windows_loader,
)
from gpuenv.models.notice import Notice
from gpuenv.rules.loading import cuda_majors, mixed_majors, shared_files, unloadable
from gpuenv.workflow.libraries.needed import bound_to_torch
from gpuenv.workflow.libraries.ways_out import WaysOut

if TYPE_CHECKING:
    from collections.abc import Collection

    from gpuenv.binaries.dependencies import Loader
    from gpuenv.models.binaries import Inspection
    from gpuenv.models.environment import Environment
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.libraries.environment import EnvironmentLibraries
    from gpuenv.workflow.libraries.judge import LibraryJudge


def completed(
    inspection: Inspection,
    libraries: EnvironmentLibraries,
    environment: Environment,
    judge: LibraryJudge | None,
    surroundings: Surroundings,
    *,
    needed: Collection[str] | None = None,
    described: str | None = None,
) -> Inspection:
    """Add what concerns the environment as a whole, and the ways out of what the GPUs lack.

    `needed` are the paths of the libraries that have to serve the GPUs, None: all. `described` is the target as the
    user wrote it, None for this machine's GPUs.
    """
    loader = _loader(environment, surroundings)
    missing = missing_libraries(libraries.needs, libraries.native.names, loader)
    majors = cuda_majors((file.distribution, libraries.needs[Path(file.path)]) for file in libraries.files)
    faults, warnings = _of_generators(libraries, judge, needed)
    ways = WaysOut(environment=environment, bound=bound_to_torch(libraries), described=described)
    return replace(
        inspection,
        uncovered=tuple(ways.added_to(fault) for fault in (*inspection.uncovered, *faults)),
        unasked=tuple(ways.added_to(found) for found in inspection.unasked),
        unloadable=unloadable(
            [file for file in inspection.files if needed is None or file.file.path in needed],
            {name: tuple(map(str, paths)) for name, paths in missing.items()},
            {str(path): needs for path, needs in libraries.needs.items()},
            environment=str(environment.root),
        ),
        notes=(
            *libraries.notes,
            *warnings,
            *mixed_majors(majors),
            *shared_files(libraries.native.shared),
            *_system_first(libraries, loader, environment),
        ),
        missing=tuple((name, tuple(path.name for path in paths)) for name, paths in missing.items()),
        generators=libraries.generators,
        cuda_majors=majors,
    )


def _of_generators(
    libraries: EnvironmentLibraries, judge: LibraryJudge | None, needed: Collection[str] | None
) -> tuple[tuple[Notice, ...], tuple[Notice, ...]]:
    if judge is None:
        return (), ()
    from gpuenv.rules.code_generators import assembler_warnings, nvrtc_faults  # noqa: PLC0415 - not without a target

    rows = {row.capability: row for row in judge.architectures}
    return (
        nvrtc_faults([found for found in libraries.generators if needed is None or found.path in needed], judge.gpus),
        assembler_warnings(libraries.generators, judge.gpus, rows, driver_cuda=judge.driver_cuda),
    )


def _loader(environment: Environment, surroundings: Surroundings) -> Loader:
    if environment.platform.name.startswith("windows"):
        folders = (environment.root, environment.python.parent, environment.python.resolve().parent)
        return windows_loader(surroundings.environ, python_folders=dict.fromkeys(map(str, folders)))
    return linux_loader(surroundings.environ)


def _system_first(libraries: EnvironmentLibraries, loader: Loader, environment: Environment) -> tuple[Notice, ...]:
    found = libraries_of_the_system_first(libraries.needs, libraries.native.names, loader, environment=environment.root)
    return tuple(
        Notice.of("system-library-first", library=outside, needed_by=tuple(sorted({path.name for path in paths})))
        for outside, paths in found.items()
    )
