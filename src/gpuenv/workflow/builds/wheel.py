"""Makes the wheel of a source tree: the one that was built before, else a new one; once more for C++20."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.build.tree import asked_standard, raise_standard, tree_hash
from gpuenv.build.wheel import FailedBuild, build_wheel, put_wheel
from gpuenv.build.wheel_cache import BuildKey, keep_wheel, kept_wheel
from gpuenv.diagnose.diagnosis import diagnose
from gpuenv.errors import GpuenvError
from gpuenv.matrix.diagnoses import load_signatures
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass
from gpuenv.project.folders import matrix_cache
from gpuenv.workflow.builds.commands import install_command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.models.diagnosis import DiagnosisReport
    from gpuenv.workflow.builds.place import Place

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """One build: what, and with which settings."""

    shown: str
    tree: Path
    toolkit: str
    variables: Mapping[str, str]
    own_variables: tuple[tuple[str, str], ...]
    cost: Notice | None = None
    """What it takes, where that is much: said before it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel that is still to be proved."""

    path: Path
    origin: Literal["built", "kept", "prebuilt"]
    key: BuildKey | None = None
    cache: Path | None = None
    log: Path | None = None
    notes: tuple[Notice, ...] = ()

    def keep(self) -> None:
        """Keep it for the next time; a cache that cannot be written to keeps nothing."""
        if self.origin == "built" and self.key is not None and self.cache is not None:
            with contextlib.suppress(GpuenvError):
                keep_wheel(self.cache, self.key, self.path)

    def hand_out(self, folder: Path) -> Path:
        """Put it where the user wants it."""
        return put_wheel(self.path, folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A build that made no wheel, and what its log shows."""

    source: str
    detail: str
    log: Path
    report: DiagnosisReport
    notes: tuple[Notice, ...] = ()


def kept_before(making: Making, place: Place) -> Wheel | None:
    """Take the wheel that was built of the same source and settings before; None where there is none, or none wanted.

    Nothing is fetched for it, and the tree is as it came.
    """
    kept = kept_wheel(place.cache, _key(making, place)) if not place.choices.from_source else None
    if kept is None:
        return None
    place.reporter.stage("built-before", wheel=kept.name)
    return Wheel(path=kept, origin="kept")


def make_wheel(making: Making, place: Place, folder: Path, *, environ: Mapping[str, str]) -> Wheel | Failed:
    """Build with all these variables, and once more for the C++ that torch asks for; the log is kept in either case."""
    key = _key(making, place)
    place.reporter.stage(
        "building-extension", source=making.shown, architectures=making.variables["TORCH_CUDA_ARCH_LIST"]
    )
    log = _new_log(making.shown, place)
    notes = _told_cost(making, place)
    built = _build(making.tree, place, folder, environ, log)
    standard = (asked_standard(built.output) or _needed(place)) if isinstance(built, FailedBuild) else None
    if standard is not None:
        changed = raise_standard(making.tree, standard)
        if changed:
            place.reporter.stage("raising-standard", standard=str(standard), files=", ".join(changed))
            notes += (Notice.of("cxx-standard-raised", standard=str(standard), files=changed, torch=place.torch),)
            built = _build(making.tree, place, folder, environ, log)
    if isinstance(built, FailedBuild):
        was_raised = any(note.code == "cxx-standard-raised" for note in notes)
        is_capped = standard is not None and (was_raised or asked_standard(built.output) is not None)
        notes = (_cap(place, standard),) if standard is not None and is_capped else ()
        return Failed(source=making.shown, detail=built.told, log=log, report=_diagnosed(built, place), notes=notes)
    return Wheel(path=built, origin="built", key=key, cache=place.cache, log=log, notes=notes)


def _told_cost(making: Making, place: Place) -> tuple[Notice, ...]:
    """Say what a long build will take; gives the same as a warning."""
    if making.cost is None:
        return ()
    facts = {name: str(fact) for name, fact in making.cost.context.items() if not name.startswith("typed")}
    place.reporter.stage(making.cost.code, **facts)
    return (making.cost,)


def _build(tree: Path, place: Place, folder: Path, environ: Mapping[str, str], log: Path) -> Path | FailedBuild:
    return build_wheel(
        tree,
        folder,
        python=place.environment.python,
        environ=environ,
        reporter=place.reporter,
        log=log,
    )


def _key(making: Making, place: Place) -> BuildKey:
    platform = place.target.platform
    glibc = platform.effective_glibc
    return BuildKey(
        source=tree_hash(making.tree),
        torch=f"{place.torch} {place.torch_cuda.tag}",
        toolkit=making.toolkit,
        architectures=making.variables["TORCH_CUDA_ARCH_LIST"],
        python=str(place.environment.python_version),
        platform=f"{platform.name} {glibc or ''}".strip(),
        variables=making.own_variables,
    )


def _needed(place: Place) -> int | None:
    """The C++ standard of torch's headers, by the matrix: what they run into first is not always said so."""
    public = place.torch.partition("+")[0]
    return next((build.cxx_standard for build in place.matrix.torch if str(build.version) == public), None)


def _cap(place: Place, standard: int) -> Notice:
    """Name the newest torch whose headers ask for less: the way out where a source cannot be built so."""
    older = [
        build.version
        for build in place.matrix.torch
        if build.cxx_standard is not None and build.cxx_standard < standard and not build.is_nightly
    ]
    last = str(max(older)) if older else None
    command = install_command(place.options, place.environment.root, f"torch<={last}") if last is not None else None
    return Notice.of("cxx-standard-too-old", standard=str(standard), torch=place.torch, last=last, command=command)


def _new_log(shown: str, place: Place) -> Path:
    """Name the log of this build: the last one of each source is kept."""
    name = _UNSAFE.sub("-", shown.rstrip("/").rpartition("/")[2]).strip("-.")[:60] or "build"
    log = place.cache / "build-logs" / f"{name}.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("", encoding="utf-8")
    except OSError as error:
        raise GpuenvError("folder-not-writable", folder=str(log.parent), detail=error.strerror or str(error)) from error
    return log


def _diagnosed(built: FailedBuild, place: Place) -> DiagnosisReport:
    surroundings, options = place.surroundings, place.options
    return diagnose(
        built.output,
        signatures=load_signatures(options.matrix, cwd=surroundings.cwd, cache=matrix_cache(surroundings)),
        machine=None,
        environment=place.environment,
        matrix=place.matrix,
    )
