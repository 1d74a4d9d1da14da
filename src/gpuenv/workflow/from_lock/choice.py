"""Chooses the lock that covers a machine, and says of the others why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.lock.reading import is_pylock
from gpuenv.lock.shelf import ShelvedLock, find_locks, read_header
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.workflow.from_lock.fit import ConsideredLock, misfits
from gpuenv.workflow.from_lock.ways import ways_out

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.target import Target
    from gpuenv.workflow.from_lock.ways import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class LockChoice:
    """The lock that is installed, or the conflict that none is for this machine."""

    considered: tuple[ConsideredLock, ...]
    """In the order of the preference: the chosen one first."""
    conflict: Conflict | None

    @property
    def chosen(self) -> ConsideredLock:
        """The first one: what is installed where there is no conflict."""
        return self.considered[0]


def choose_lock(asked: Asked, target: Target, matrix: CompatibilityMatrix) -> LockChoice:
    """Choose a lock in a folder, or judge the one file that was named.

    The newest torch wins; then the lock that names these very GPUs, then a requirements file before a pylock.
    Raises `locked-not-a-lock`, `locked-folder-empty`, `lock-not-readable`, and what a broken header raises.
    """
    place = asked.place
    is_folder = place.is_dir()
    shelved = _in_folder(asked) if is_folder else (_file(asked),)
    considered = _in_order((_judged(one, target, matrix) for one in shelved), target)
    if not considered[0].misfits:
        return LockChoice(considered=considered, conflict=None)
    nearest = considered[0]
    reason = nearest.misfits[0]
    if is_folder:
        files = tuple(one.path.name for one in considered)
        here = tuple(gpu.label for gpu in target.gpus) or ("CPU",)
        reason = Notice.of(
            "no-lock-covers",
            folder=asked.shown(place),
            files=files,
            here=here,
            platform=target.platform.name,
            python=str(target.python),
        )
    beside = None if is_folder else _beside(place, target, matrix)
    ways = ways_out(asked, nearest, beside, target=target, matrix=matrix)
    return LockChoice(considered=considered, conflict=Conflict(reason=reason, causes=ways))


def _file(asked: Asked) -> ShelvedLock:
    place = asked.place
    try:
        return ShelvedLock(path=place, header=read_header(place))
    except GpuenvError as error:
        if error.code != "lock-header-missing":
            raise
        raise GpuenvError(
            "locked-not-a-lock",
            path=asked.shown(place),
            requirements=None if is_pylock(place) else asked.shown(place),
            pylock=asked.shown(place) if is_pylock(place) else None,
        ) from error


def _in_folder(asked: Asked) -> tuple[ShelvedLock, ...]:
    place = asked.place
    found = find_locks(place)
    if not found:
        raise GpuenvError("locked-folder-empty", folder=asked.shown(place))
    return found


def _judged(one: ShelvedLock, target: Target, matrix: CompatibilityMatrix) -> ConsideredLock:
    if one.header is None:
        failure = one.failure
        unread = Notice.of(failure.code, **failure.context) if failure is not None else Notice.of("lock-header-missing")
        return ConsideredLock(path=one.path, header=None, misfits=(unread,))
    return ConsideredLock(path=one.path, header=one.header, misfits=misfits(one.header, target, releases=matrix.cuda))


def _in_order(locks: Iterable[ConsideredLock], target: Target) -> tuple[ConsideredLock, ...]:
    """Sort by what stands against each, then the newest torch, then the GPUs that it names, format and name."""
    capabilities = {capability for gpu in target.gpus for capability in gpu.capabilities}

    def names_others(one: ConsideredLock) -> bool:
        gpus = one.header.gpus if one.header is not None else ()
        return not capabilities <= {capability for gpu in gpus for capability in gpu.capabilities}

    found = sorted(locks, key=lambda one: (names_others(one), is_pylock(one.path), one.path.name))
    found.sort(key=_torch, reverse=True)
    found.sort(key=lambda one: (one.header is None, len(one.misfits)))
    return tuple(found)


def _torch(one: ConsideredLock) -> Version:
    torch = one.header.torch if one.header is not None else None
    return torch if torch is not None else Version("0")


def _beside(place: Path, target: Target, matrix: CompatibilityMatrix) -> ConsideredLock | None:
    """Find a lock in the same folder that does cover the machine."""
    try:
        found = [_judged(one, target, matrix) for one in find_locks(place.parent) if one.path != place]
    except GpuenvError:
        return None
    return next((one for one in _in_order(found, target) if not one.misfits), None)
