"""Tells, before anything is changed, what the extensions of a plan will be compiled with, or why they cannot be."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.build.compiler_wheels import compiler_folder
from gpuenv.build.source import GitSource, parse_source
from gpuenv.build.toolkit import Toolkit
from gpuenv.build.variables import parallel_jobs
from gpuenv.errors import GpuenvError
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Compiler
from gpuenv.models.resolution import Cause, Conflict
from gpuenv.workflow.builds.compiler import choose_toolkit
from gpuenv.workflow.builds.cost import long_build
from gpuenv.workflow.builds.place import BuildChoices, place_in
from gpuenv.workflow.builds.source import is_on_this_machine, known_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpuenv.models.extension import CompilerWheels, Extension
    from gpuenv.models.plan import Build
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.builds.place import Place
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.resolution import Resolved


def plan_builds(
    builds: Sequence[Build],
    resolved: Resolved,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    python: Path,
    is_to_run: bool,
) -> tuple[Build, ...] | Conflict:
    """Choose the compiler, and make sure that the sources can be had: nothing is fetched here.

    `python` is the interpreter of the environment, or the one that it will be made with. `is_to_run`: the builds will
    be made at once, so that offline their sources have to be on this machine.
    Raises the codes of `choose_toolkit`, `program-not-found` without git, and `source-needs-network` offline.
    """
    place = place_to_be(builds[0], resolved, options, surroundings, reporter, python=python)
    chosen = choose_toolkit(place)
    if isinstance(chosen, Conflict):
        typed = options.typed.facts if options.typed is not None else {}
        without = Cause(change=Notice.of("leave-extensions-out", **typed), would_give=None)
        return replace(chosen, causes=(*chosen.causes, without))
    for build in builds:
        _require_source(build, place, is_to_run=is_to_run)
    jobs = _jobs(surroundings.environ)
    return tuple(
        replace(
            build,
            compiler=_compiler(chosen, place),
            minutes=expected_minutes(build, jobs) or _known_minutes(build, place.extension(build.project), jobs),
        )
        for build in builds
    )


def long_builds(
    builds: Sequence[Build], resolved: Resolved, options: Options, environ: Mapping[str, str]
) -> Iterator[Notice]:
    """Say of each build that was asked for itself and takes long what it takes; of an application the step tells."""
    rows = resolved.matrix.extensions_among(canonicalize_name(build.project) for build in builds)
    for build in (one for one in builds if one.application is None):
        row, count = rows.get(canonicalize_name(build.project)), len(build.architectures)
        told = long_build(row, jobs=_jobs(environ), architectures=count, typed=options.typed)
        if told is not None:
            yield told


def _known_minutes(build: Build, extension: Extension | None, jobs: int) -> int | None:
    if extension is None or extension.core_minutes is None:
        return None
    return max(1, math.ceil(extension.core_minutes * len(build.architectures) / jobs))


def expected_minutes(build: Build, jobs: int) -> int | None:
    """Estimate the time of a build: a file with torch's headers takes about a minute for each architecture.

    >>> from gpuenv.models.notice import Notice
    >>> from gpuenv.models.plan import Build
    >>> reason = Notice.of("no-wheel-serves")
    >>> build = Build(project="a", source=".", application="b", import_check="", torch="2.9.1", torch_tag="cu130",
    ...     architectures=("8.6", "12.0"), reason=reason, files=5)
    >>> expected_minutes(build, 4)
    3
    """
    if build.files is None:
        return None
    return max(1, math.ceil(build.files * len(build.architectures) / jobs))


def place_to_be(
    build: Build, resolved: Resolved, options: Options, surroundings: Surroundings, reporter: Reporter, *, python: Path
) -> Place:
    """Make the place of a build as it will be once the plan's torch is installed."""
    assert resolved.target is not None  # noqa: S101 - what is built is named for the GPUs of a target
    before = resolved.environment
    others = tuple(found for found in before.distributions if found.name != "torch") if before is not None else ()
    site_packages = before.site_packages if before is not None else (resolved.root or Path())
    torch = InstalledDistribution(
        name=canonicalize_name("torch"),
        version=Version(build.torch),
        location=site_packages,
        build_tag=build.torch_tag.rpartition("/")[2] if build.torch_tag is not None else None,
    )
    environment = Environment(
        root=resolved.root or Path(),
        kind="venv",
        python=python,
        python_version=resolved.target.python,
        platform=resolved.target.platform,
        site_packages=site_packages,
        distributions=(*others, torch),
    )
    return place_in(
        environment,
        resolved.target,
        matrix=resolved.matrix,
        settings=resolved.settings,
        options=options,
        choices=BuildChoices(installs=False),
        surroundings=surroundings,
        reporter=reporter,
    )


def _require_source(build: Build, place: Place, *, is_to_run: bool) -> None:
    """Raise where the source of a build cannot be fetched by this machine at all."""
    source = known_source(parse_source(build.source, place.surroundings.cwd), place.extension(build.project))
    if not isinstance(source, GitSource):
        return
    environ = place.surroundings.environ
    if shutil.which("git", path=environ.get("PATH")) is None:
        raise GpuenvError("build-needs-git", package=build.project, source=source.url)
    if is_to_run and place.options.is_offline and not is_on_this_machine(source.url, environ):
        raise GpuenvError("source-needs-network", package=build.project, source=source.url)


def _compiler(chosen: Toolkit | CompilerWheels, place: Place) -> Compiler:
    if isinstance(chosen, Toolkit):
        return Compiler(kind="toolkit", cuda=str(chosen.version), folder=str(chosen.root))
    folder = compiler_folder(place.cache, chosen)
    return Compiler(kind="wheels", cuda=str(chosen.cuda), folder=str(folder) if folder.exists() else None)


def _jobs(environ: Mapping[str, str]) -> int:
    said = environ.get("MAX_JOBS", "")
    return int(said) if said.isdigit() and int(said) else parallel_jobs()
