"""Compares the files of an environment with what its distributions record of them: presence, size, on demand hashes."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import stat
from typing import TYPE_CHECKING, Final

from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from gpuenv.install.snapshots.manifest import Manifest
    from gpuenv.models.environment import Environment, InstalledDistribution

_BLOCK: Final = 2**20
_SHOWN: Final = 3


def recorded_paths(environment: Environment, projects: Collection[str]) -> frozenset[str]:
    """The absolute paths that the RECORDs of these projects name."""
    return frozenset(
        _absolute(_folder_of(distribution), path)
        for distribution in environment.distributions
        if distribution.name in projects
        for path, _, _ in _rows(distribution)
    )


def damages(
    environment: Environment,
    files: Manifest,
    *,
    touched: Collection[str],
    taken: Collection[str],
    checks_hashes: bool = False,
) -> tuple[Notice, ...]:
    """Name the distributions of which files are missing or have another size (or hash) than recorded.

    `files` are those of the environment. All files of the `touched` projects count; of the others those that are among
    `taken`, the paths of what was removed: two distributions may have owned one folder. What else the user did to
    files is the user's.
    """
    check = _Check(environment, files, checks_hashes=checks_hashes)
    found = (
        (distribution, tuple(check.bad_files(distribution, None if distribution.name in touched else taken)))
        for distribution in environment.distributions
        if taken or distribution.name in touched
    )
    return tuple(
        Notice.of("outcome-damaged", package=distribution.name, version=str(distribution.version), files=bad[:_SHOWN])
        for distribution, bad in found
        if bad
    )


class _Check:
    """Looks files up in a manifest; those that lie outside of the environment's trees on the disk."""

    def __init__(self, environment: Environment, files: Manifest, *, checks_hashes: bool) -> None:
        self._files = files
        self._root = os.path.realpath(environment.root)
        self._checks_hashes = checks_hashes

    def bad_files(self, distribution: InstalledDistribution, only: Collection[str] | None) -> Iterator[str]:
        """Yield the paths, relative to site-packages, of files that are not as recorded; `only` narrows to some."""
        folder = _folder_of(distribution)
        prefix = os.path.relpath(os.path.realpath(folder), self._root).replace(os.sep, "/")
        for path, size, digest in _rows(distribution):
            if only is not None and _absolute(folder, path) not in only:
                continue
            known = self._files.get(f"{prefix}/{path}")
            if known is not None and not self._checks_hashes and (size is None or known[0] == size):
                continue
            if not _is_sound(_absolute(folder, path), size, digest, checks_hashes=self._checks_hashes):
                yield path


def _folder_of(distribution: InstalledDistribution) -> str:
    return str(distribution.location.parent)


def _rows(distribution: InstalledDistribution) -> Iterator[tuple[str, int | None, str]]:
    """Yield the rows of a RECORD: path, size in bytes, hash as written; byte code comes and goes."""
    try:
        text = (distribution.location / "RECORD").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    lines = text.splitlines()
    # Names with commas or quotes are rare, and the reader for them costs as much as everything else here.
    rows = csv.reader(lines) if '"' in text else (line.rsplit(",", 2) for line in lines)
    for row in rows:
        if len(row) == 3 and not row[0].endswith(".pyc"):  # noqa: PLR2004 - path, hash, size
            yield row[0], int(row[2]) if row[2].isdigit() else None, row[1]


def _absolute(folder: str, path: str) -> str:
    return os.path.normpath(f"{folder}/{path}") if path.startswith("..") or os.sep != "/" else f"{folder}/{path}"


def _is_sound(path: str, size: int | None, digest: str, *, checks_hashes: bool) -> bool:
    try:
        information = os.stat(path)  # noqa: PTH116 - plain strings halve the time over ten thousands of files
    except OSError:
        return False
    if not stat.S_ISREG(information.st_mode):
        return True
    if size is not None and information.st_size != size:
        return bool(digest) and _matches(path, digest)  # a RECORD may be wrong about a size
    return not (checks_hashes and digest) or _matches(path, digest)


def _matches(path: str, digest: str) -> bool:
    """Compare with `sha256=...` in base64 without padding, as RECORD has it; other algorithms are not checked."""
    algorithm, _, expected = digest.partition("=")
    if algorithm != "sha256":
        return True
    hasher = hashlib.sha256()
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        while block := file.read(_BLOCK):
            hasher.update(block)
    return base64.urlsafe_b64encode(hasher.digest()).rstrip(b"=").decode() == expected


def leftovers(environment: Environment, before: Environment) -> tuple[Notice, ...]:
    """Name the remains of half-done work that were not there before: `~name` folders, empty dist-infos."""
    new = sorted(set(environment.remnants) - set(before.remnants))
    return tuple(Notice.of("outcome-remnant", path=str(environment.site_packages / name)) for name in new)
