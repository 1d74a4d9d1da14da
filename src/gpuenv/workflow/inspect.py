"""Conducts `gpuenv inspect`: files, folders, wheels and URLs, or the environment's libraries; then the verdicts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.binaries.main_set import main_set
from gpuenv.models.binaries import Inspection, JudgedFile
from gpuenv.models.notice import Notice
from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gpuenv.models.binaries import InspectedFile
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import Driver, Gpu
    from gpuenv.models.platform import Platform
    from gpuenv.models.progress import Reporter
    from gpuenv.models.resolution import Conflict
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.libraries.judge import LibraryJudge
    from gpuenv.workflow.options import Options

_HERE: Final = frozenset({"current-gpu", "auto"})
"""The targets that need not be said again in a command that is run on this machine."""


def inspect(
    places: Sequence[str],
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    has_target: bool,
    is_thorough: bool,
) -> Inspection | Conflict:
    """Read what is named, or every native library of the environment, and judge it for the target.

    `is_thorough`: read all of a remote wheel; read the environment's libraries anew, whatever is kept of them.

    Raises `GpuenvError` for a file that was named and cannot be read; libraries found in folders are noted instead.
    """
    environment = None if places else _environment(options, surroundings)
    judge: LibraryJudge | None = None
    if has_target:
        from gpuenv.models.resolution import Conflict  # noqa: PLC0415 - not without a target
        from gpuenv.workflow.libraries.judge import choose_judge  # noqa: PLC0415 - as above

        chosen = choose_judge(options, environment, surroundings)
        if isinstance(chosen, Conflict):
            return chosen
        judge = chosen
    described = options.target if has_target and options.target not in _HERE else None
    if environment is not None:
        inspection = _of_environment(environment, judge, surroundings, reporter, anew=is_thorough, described=described)
        return _with_nothing(inspection, (str(environment.root),))
    from gpuenv.workflow.libraries.places import InspectedPlaces  # noqa: PLC0415 - not for an environment

    read = InspectedPlaces(surroundings=surroundings, reporter=reporter, is_thorough=is_thorough)
    for place in places:
        read.read(place)
    inspection = _inspection(read.files, judge, always_shown=read.named)
    inspection = replace(
        inspection,
        uncovered=_with_plan(inspection.uncovered, described),
        notes=tuple(read.notes),
        bytes_fetched=read.bytes_fetched,
    )
    return _with_nothing(inspection, tuple(map(redact_url, places)))


def _with_nothing(inspection: Inspection, places: tuple[str, ...]) -> Inspection:
    """Say so where there was no library at all: an empty table would leave the reader to guess."""
    if inspection.examined or inspection.files:
        return inspection
    return replace(inspection, notes=(*inspection.notes, Notice.of("no-native-library", places=places)))


def _with_plan(uncovered: Sequence[Notice], described: str | None) -> tuple[Notice, ...]:
    """Name the command that finds builds for the target: nobody knows which environment a file is of."""
    if not uncovered:
        return ()
    from gpuenv.models.typed_command import quoted  # noqa: PLC0415 - only for what is lacking

    plan = "gpuenv plan" if described is None else f"gpuenv plan --target {quoted(described)}"
    return tuple(Notice.of(fault.code, **{**fault.context, "plan": plan}) for fault in uncovered)


def inspect_environment(
    environment: Environment,
    gpus: tuple[Gpu, ...],
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    driver: Driver | None = None,
    platform: Platform | None = None,
    matrix: str | None = None,
    roots: Collection[str] | None = None,
    described: str | None = None,
) -> Inspection:
    """Read every native library of an environment and judge it for some GPUs: the proof without a GPU.

    The driver counts where it and the platform are given: it has to compile what is there as PTX only. `roots` are
    the distributions (canonical names) that have to serve the GPUs, with what they are linked with; None: all.
    `described` is the target as the user wrote it, None for this machine's GPUs.
    """
    from gpuenv.workflow.libraries.judge import make_judge  # noqa: PLC0415 - not for a path

    judge = make_judge(gpus, driver, platform, environment, surroundings, matrix=matrix)
    return _of_environment(environment, judge, surroundings, reporter, anew=False, roots=roots, described=described)


def _of_environment(
    environment: Environment,
    judge: LibraryJudge | None,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    anew: bool,
    roots: Collection[str] | None = None,
    described: str | None = None,
) -> Inspection:
    from gpuenv.workflow.libraries.environment import read_libraries  # noqa: PLC0415 - as above
    from gpuenv.workflow.libraries.inspection import completed  # noqa: PLC0415 - not for a path

    libraries = read_libraries(environment, surroundings, reporter, anew=anew)
    needed = None
    if roots is not None:
        from gpuenv.workflow.libraries.needed import needed_files  # noqa: PLC0415 - for the proof of a change

        needed = needed_files(libraries, roots)
    inspection = _inspection(libraries.files, judge, always_shown=(), needed=needed)
    return completed(inspection, libraries, environment, judge, surroundings, needed=needed, described=described)


def _inspection(
    files: Sequence[InspectedFile],
    judge: LibraryJudge | None,
    *,
    always_shown: Collection[str],
    needed: Collection[str] | None = None,
) -> Inspection:
    """Judge what was read; `needed` are the paths that have to serve the GPUs, None: all."""
    plain = [JudgedFile(file=file, main=main_set(file.summary)) for file in files]
    if judge is None:
        return Inspection(files=_shown(plain, always_shown), gpus=(), examined=len(files))
    from gpuenv.rules.uncovered import uncovered, uncovered_beside  # noqa: PLC0415 - not without a target
    from gpuenv.workflow.libraries.judge import judge_files, worst_first  # noqa: PLC0415 - as above

    judged = judge_files(plain, judge)
    asked = judged if needed is None else [file for file in judged if file.file.path in needed]
    beside = [] if needed is None else [file for file in judged if file.file.path not in needed]
    return Inspection(
        files=tuple(worst_first(_shown(judged, always_shown))),
        gpus=tuple(gpu.name for gpu in judge.gpus),
        examined=len(files),
        uncovered=uncovered(asked, judge.gpus, driver_cuda=judge.driver_cuda),
        unasked=uncovered_beside(beside, judge.gpus),
    )


def _shown(judged: Sequence[JudgedFile], always_shown: Collection[str]) -> tuple[JudgedFile, ...]:
    return tuple(file for file in judged if file.file.summary.objects or file.file.path in always_shown)


def _environment(options: Options, surroundings: Surroundings) -> Environment:
    from gpuenv.detect.environment import find_environment, read_environment  # noqa: PLC0415 - not for a path

    return read_environment(find_environment(options.venv, surroundings), surroundings=surroundings)
