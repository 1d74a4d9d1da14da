"""Finds the locks of a folder, and reads of each only for which machine it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.lock.header import parse_header
from gpuenv.lock.reading import is_pylock, naming
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.lock.header import LockHeader

_SUFFIXES: Final = (".txt", ".toml")
_OWN_TABLE: Final = "\n[tool.gpuenv]\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelvedLock:
    """One lock of a folder."""

    path: Path
    header: LockHeader | None
    """None where it cannot be read."""
    failure: GpuenvError | None = None
    """Why it cannot be read."""


def find_locks(folder: Path) -> tuple[ShelvedLock, ...]:
    """List the locks in a folder by name; other files are passed over. Raises `lock-not-readable`."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES and path.is_file())
    except OSError as error:
        raise GpuenvError("lock-not-readable", path=str(folder), detail=error.strerror or str(error)) from error
    return tuple(found for path in files if (found := _shelved(path)) is not None)


def _shelved(path: Path) -> ShelvedLock | None:
    """Read one file; None for one that is no lock."""
    try:
        return ShelvedLock(path=path, header=read_header(path))
    except GpuenvError as failure:
        if failure.code == "lock-header-missing":
            return None
        return ShelvedLock(path=path, header=None, failure=failure)


def read_header(path: Path) -> LockHeader:
    """Read for which machine a lock is. Raises `lock-not-readable` and the codes of `parse_header`."""
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise GpuenvError("lock-not-readable", path=str(path), detail=detail) from error
    with naming(path):
        return _header(text, is_pylock=is_pylock(path))


def _header(text: str, *, is_pylock: bool) -> LockHeader:
    if not is_pylock:
        return parse_header(text)
    from gpuenv.lock.pylock_table import parse_own_table  # noqa: PLC0415 - tomlkit only for a pylock

    # Our table is the last one of the file: what stands before it takes a hundred times as long to parse.
    _, found, own = text.rpartition(_OWN_TABLE)
    return parse_own_table(f"{found}{own}" if found else text)
