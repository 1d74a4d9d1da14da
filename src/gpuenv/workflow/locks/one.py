"""Makes one lock for one machine; writes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.index.folder import folder_of
from gpuenv.lock.differences import is_same_but_for_matrix
from gpuenv.lock.file import read_project_file
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.workflow.locks.closure import FamilyNeededError
from gpuenv.workflow.locks.formats import make_text
from gpuenv.workflow.locks.previous import Previous, read_previous
from gpuenv.workflow.locks.resolution import lock_settings, resolve_for_lock
from gpuenv.workflow.locks.work import NETWORK, Locked, Work, described

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.progress import Reporter
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.locks.options import LockOptions
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.matrix_data import MatrixData
    from gpuenv.workflow.resolving.resolution import Resolved

_UNDONE_BY_PINS = frozenset({"dependencies-conflict", "package-not-found", "wheel-not-for-platform"})
"""Codes of the engine that pins of an older lock can be the cause of."""


def make_lock(
    options: Options,
    asked: LockOptions,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    path: Path | None,
    data: MatrixData | None = None,
    known: Resolved | None = None,
) -> Locked:
    """Resolve, ask for the closure with hashes, and make the text for `path` (None: for standard output).

    What the file pins so far stays, as long as it can; `asked.upgraded` and `options.upgrade` let go of it. `known`
    is the resolution without these pins, where it was made already. Raises the codes of the closure and of the
    format's own module.
    """
    # What is wrong with the file is said before anything is asked of an index.
    project = checked_name(path, asked)
    making = _Making(
        options=options,
        asked=asked,
        surroundings=surroundings,
        reporter=reporter,
        settings=lock_settings(surroundings),
        path=path,
        project=project,
        data=data,
    )
    return _with_places(making, known)


def _with_places(making: _Making, known: Resolved | None) -> Locked:
    """Lock; with copies of the files beside the lock, what no index has may come from the user's own folders."""
    try:
        return making.done(known)
    except GpuenvError as error:
        place = _place_of(error, making.surroundings, making.settings)
        if place is None:
            raise
        if making.asked.vendor is None:
            project, folder = str(error.context["package"]), str(folder_of(place))
            raise GpuenvError("lock-source-is-local", project=project, folder=folder) from error
    return _with_places(replace(making, settings=_with_place(making.settings, place)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    """One lock on its way."""

    options: Options
    asked: LockOptions
    surroundings: Surroundings
    reporter: Reporter
    settings: IndexSettings
    path: Path | None
    project: str
    """The text of the uv project that is written into; empty for the other formats."""
    data: MatrixData | None

    def done(self, known: Resolved | None) -> Locked:
        """Try with everything that is pinned so far, and let go of pins where they stand in the way."""
        previous, limits = self.previous()
        attempts = [(limits, previous.packages), ((), previous.packages)] if limits else [((), previous.packages)]
        if previous.packages:
            attempts.append(((), ()))
        needed = _family_of(known)
        for place, (kept, pinned) in enumerate(attempts):
            is_last = place == len(attempts) - 1
            try:
                made = self.attempt(kept, pinned, previous, needed, known if not kept else None)
            except GpuenvError as error:
                if is_last or error.code not in _UNDONE_BY_PINS:
                    raise
            else:
                if made.text is not None or is_last or not kept:
                    return made
        raise AssertionError  # the last attempt returns or raises

    def previous(self) -> tuple[Previous, tuple[str, ...]]:
        """Read what is pinned so far, and the limits that this means for the family."""
        match self.asked.file_format:
            case "uv":
                return Previous(), _project_limits(self.project, self.options)
            case "docker" if self.path is not None:
                from gpuenv.workflow.locks.formats import DOCKER_LOCK  # noqa: PLC0415 - one format at a time

                found = read_previous(self.path.parent / DOCKER_LOCK, self.options, self.asked)
            case _:
                found = read_previous(self.path, self.options, self.asked)
        return found, found.limits

    def attempt(
        self,
        limits: tuple[str, ...],
        pinned: tuple[LockedPackage, ...],
        previous: Previous,
        needed: set[str],
        known: Resolved | None,
    ) -> Locked:
        """Resolve and lock; once more where the closure shows that others need members of the family.

        Most requests name the members that others need, so the engine is not asked for those beforehand.
        """
        while True:
            resolved = known if known is not None else self.resolved(limits, needed)
            if self.project and not isinstance(resolved.outcome, Conflict):
                resolved = _as_pinned(resolved, resolved.outcome, self, limits, needed)
            if isinstance(resolved.outcome, Conflict) or resolved.target is None:
                return Locked(resolved=resolved, file_format=self.asked.file_format)
            work = Work(
                resolved=resolved,
                resolution=resolved.outcome,
                target=described(resolved.target, self.options, self.surroundings),
                options=self.options,
                asked=self.asked,
                known=pinned,
                surroundings=self.surroundings,
                reporter=self.reporter,
                path=self.path,
            )
            try:
                return _locked(work, self.project, previous)
            except FamilyNeededError as error:
                if error.projects <= needed:
                    project = min(error.projects)
                    raise GpuenvError("lock-pin-not-resolved", requirement=project, found=project) from error
                needed |= error.projects
                known = None

    def resolved(self, limits: tuple[str, ...], needed: Collection[str]) -> Resolved:
        """Resolve within limits, knowing what others need."""
        return resolve_for_lock(
            replace(self.options, limits=limits),
            self.asked,
            self.surroundings,
            self.reporter,
            settings=self.settings,
            needed=frozenset(needed),
            data=self.data,
        )


def _family_of(known: Resolved | None) -> set[str]:
    """Name the members of the family that a resolution has: at most these are needed."""
    if known is None or isinstance(known.outcome, Conflict):
        return set()
    return {pin.project for pin in known.outcome.pins}


def _as_pinned(
    resolved: Resolved, outcome: Resolution, making: _Making, limits: tuple[str, ...], needed: Collection[str]
) -> Resolved:
    """Keep to what the extra of a uv project pins so far, where that still serves."""
    from gpuenv.lock.uv_extra import extra_name  # noqa: PLC0415 - one format at a time
    from gpuenv.lock.uv_limits import pinned_in_extra  # noqa: PLC0415

    name = extra_name(outcome)
    if making.options.upgrade:
        return resolved
    pinned = pinned_in_extra(making.project, name, upgraded=making.asked.upgraded)
    if not pinned:
        return resolved
    again = making.resolved((*limits, *pinned), needed)
    is_same = not isinstance(again.outcome, Conflict) and extra_name(again.outcome) == name
    return again if is_same else resolved


def _locked(work: Work, project: str, previous: Previous) -> Locked:
    made = make_text(work, project)
    text = made.text
    is_pylock = work.asked.file_format == "pylock"
    is_lock = work.asked.file_format in {"requirements", "pylock"}
    if is_lock and previous.text and is_same_but_for_matrix(previous.text, text, is_pylock=is_pylock):
        text = previous.text
    return Locked(
        resolved=work.resolved,
        text=text,
        packages=made.packages,
        files=made.files,
        path=work.path,
        file_format=work.asked.file_format,
        extra=made.extra,
        beside=made.beside,
        notes=made.notes,
    )


def checked_name(path: Path | None, asked: LockOptions) -> str:
    """Check the name of the file, or read the project that it is; text only for the latter."""
    if asked.allow_unhashed and asked.vendor is not None:
        raise UsageError("lock-needs-hashes", what="--vendor")
    if asked.file_format == "pylock" and path is not None:
        from gpuenv.lock.pylock import check_pylock_name  # noqa: PLC0415 - one format at a time

        check_pylock_name(path)
    if asked.file_format == "requirements" and path is not None and path.suffix == ".toml":
        raise UsageError("lock-name-is-toml", name=path.name, better=f"{path.stem}.txt")
    if asked.file_format == "uv" and path is not None:
        from gpuenv.lock.uv_shape import parse_project  # noqa: PLC0415

        text = read_project_file(path)
        parse_project(text.removeprefix("\ufeff"), file=str(path))
        return text
    return ""


def _project_limits(project: str, options: Options) -> tuple[str, ...]:
    """Give the project's own limits on the family."""
    if not project or options.upgrade:
        return ()
    from gpuenv.lock.uv_limits import stated_limits  # noqa: PLC0415 - one format at a time

    return stated_limits(project)


def _place_of(error: GpuenvError, surroundings: Surroundings, settings: IndexSettings) -> str | None:
    """Find a package that no index has in the user's own places: which of those that were left out has it."""
    package = error.context.get("package")
    if error.code != "package-not-found" or not isinstance(package, str):
        return None
    from gpuenv.project.pip_configuration import read_index_settings  # noqa: PLC0415 - only for this fault

    configured = read_index_settings(surroundings, venv=None)
    known = {*settings.find_links, *settings.extra_index_urls}
    places = (place for place in (*configured.find_links, *configured.extra_index_urls) if place not in known)
    return next((place for place in places if _has(place, package)), None)


def _has(place: str, package: str) -> bool:
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - as above

    from gpuenv.index.folder import folder_links  # noqa: PLC0415
    from gpuenv.index.wheels import indexed_wheels  # noqa: PLC0415

    folder = None if place.startswith(NETWORK) else folder_of(place)
    if folder is None or not folder.exists():
        return False
    project = canonicalize_name(package)
    return bool(indexed_wheels(folder_links(folder, None, project)[0], project))


def _with_place(settings: IndexSettings, place: str) -> IndexSettings:
    """Let one place of the user's count: an index on this disk, or a folder of files."""
    folder = folder_of(place)
    if place.startswith("file:") and folder is not None and folder.is_dir() and not any(folder.glob("*.whl")):
        return replace(settings, extra_index_urls=(*settings.extra_index_urls, place))
    return replace(settings, find_links=(*settings.find_links, place))
