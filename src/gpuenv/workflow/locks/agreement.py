"""Checks that a file which several indexes have is the same file on all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.locking import WheelMissing, compile_lock
from gpuenv.lock.files import locked_files, two_hashes
from gpuenv.lock.pylock import parse_engine_pylock
from gpuenv.models.index import SourceKind
from gpuenv.models.progress import Reporter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gpuenv.install.closures.locking import LockQuestion
    from gpuenv.lock.files import LockedFile

_FURTHER: Final = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
"""uv's own variables for indexes beside the default one."""
_AT_ONCE: Final = 4
_NOT_THERE: Final = frozenset({"package-not-found", "dependencies-conflict", "wheel-not-for-platform"})


def check_agreement(question: LockQuestion, files: Sequence[LockedFile]) -> None:
    """Raise `lock-wheel-two-hashes` where the default index has a locked wheel with another content.

    Asked are the files that may have come from elsewhere: those of a page of builds that have no local label, and all
    where further indexes are configured. What one resolution finds in two places at once, `locked_files` tells.
    """
    placed = {pin.project for pin in question.pins if pin.source.kind is not SourceKind.PYPI}
    has_further = bool(question.settings.extra_index_urls) or any(question.environ.get(name) for name in _FURTHER)
    doubtful = [
        file
        for file in files
        if file.version.local is None and not file.is_source and (has_further or file.project in placed)
    ]
    if not doubtful or question.is_offline or question.settings.no_index:
        return
    known = _on_default_index(question, doubtful)
    for file in doubtful:
        other = known.get(file.filename)
        if other is not None and other.sha256 != file.sha256:
            raise two_hashes(file.filename, file.folder, other.folder)


def _on_default_index(question: LockQuestion, files: Sequence[LockedFile]) -> Mapping[str, LockedFile]:
    """Find the same versions on the default index, by file name: all at once, else one by one."""
    together = _asked(question, files)
    if together is None and len(files) > 1:
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            found = list(pool.map(lambda file: _asked(question, [file]), files))
    else:
        found = [together]
    return {file.filename: file for part in found if part is not None for file in part}


def _asked(question: LockQuestion, files: Iterable[LockedFile]) -> tuple[LockedFile, ...] | None:
    """Ask the default index alone for exact versions; None where it lacks one."""
    files = tuple(files)
    alone = replace(
        question,
        pins=(),
        others=tuple(f"{file.project}==={file.version}" for file in files),
        environ={name: value for name, value in question.environ.items() if name not in _FURTHER},
        settings=replace(question.settings, extra_index_urls=(), find_links=()),
        constraints=(),
        known=(),
        upgraded=(),
        with_dependencies=False,
    )
    try:
        answer = compile_lock(alone, Reporter())
    except GpuenvError as error:
        if error.code not in _NOT_THERE:
            raise
        return None
    return None if isinstance(answer, WheelMissing) else locked_files(parse_engine_pylock(answer))
