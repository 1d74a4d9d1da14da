"""Reads a lock back, whatever its format: for which machine it is, what it installs, and from where."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.errors import GpuenvError
from gpuenv.lock.header import parse_header
from gpuenv.models.value import dataclass
from gpuenv.project.pinned_lines import logical_lines, parse_pin, without_hashes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuenv.lock.header import LockHeader
    from gpuenv.models.execution import LockedPackage

_FIND_LINKS: Final = re.compile(r"--find-links[ =](\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockContent:
    """What a locked file says."""

    file_format: Literal["requirements", "pylock"]
    header: LockHeader
    packages: tuple[LockedPackage, ...]
    """By name."""
    pages: tuple[str, ...]
    """Where builds come from besides the default index: find-links pages and folders, or indexes of a pylock."""


def read_lock(path: Path) -> LockContent:
    """Read a locked file. Raises `lock-not-readable` and the codes of `parse_lock`."""
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise GpuenvError("lock-not-readable", path=str(path), detail=str(error)) from error
    with naming(path):
        return parse_lock(text, is_pylock=is_pylock(path))


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Say of a file that cannot be read which one it is."""
    try:
        yield
    except GpuenvError as error:
        raise GpuenvError(error.code, **{"path": str(path), **error.context}) from error


def is_pylock(path: Path) -> bool:
    """Tell by the name which of the two formats a file has."""
    return path.suffix == ".toml"


def parse_lock(text: str, *, is_pylock: bool) -> LockContent:
    """Read the text of a lock; samples: `tests/data/lock/requirements-rtx-5090.txt`, `pylock.gtx-1080-ti.toml` there.

    Raises `lock-header-missing`, `lock-format-unknown` and `lock-header-broken` as `parse_header` does, and
    `lock-line-broken` with the line, or the fault, that cannot be read.
    """
    return _parse_pylock(text) if is_pylock else _parse_requirements(text)


def _parse_requirements(text: str) -> LockContent:
    header = parse_header(text)
    packages, pages = [], []
    for line in logical_lines(text):
        found = _FIND_LINKS.fullmatch(line)
        if found is not None:
            pages.append(found[1])
        else:
            packages.append(_package(line))
    return LockContent(
        file_format="requirements",
        header=header,
        packages=tuple(sorted(packages, key=lambda package: package.project)),
        pages=tuple(pages),
    )


def _package(line: str) -> LockedPackage:
    try:
        return parse_pin(line)
    except ValueError as error:
        raise GpuenvError("lock-line-broken", line=without_hashes(line)) from error


def _parse_pylock(text: str) -> LockContent:
    from gpuenv.lock.files import locked_files, locked_packages  # noqa: PLC0415 - tomlkit only for a pylock
    from gpuenv.lock.pylock import parse_engine_pylock  # noqa: PLC0415
    from gpuenv.lock.pylock_table import parse_own_table  # noqa: PLC0415

    header = parse_own_table(text)
    try:
        made = parse_engine_pylock(text)
    except GpuenvError as error:
        raise GpuenvError("lock-line-broken", line=str(error.context.get("detail"))) from error
    return LockContent(
        file_format="pylock",
        header=header,
        packages=locked_packages(locked_files(made)),
        pages=tuple(dict.fromkeys(package.index for package in made.packages if package.index is not None)),
    )
