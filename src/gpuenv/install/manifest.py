"""Lists every file of an environment's trees, so that later changes by others can be told."""

from __future__ import annotations

import csv
import json
import os
import posixpath
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from packaging.utils import canonicalize_name

from gpuenv.install.snapshot import trees_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Fingerprint: TypeAlias = "tuple[int, int] | str"
"""Size in bytes and time of last change in ns; of a symlink, where it points to."""

Manifest: TypeAlias = "Mapping[str, Fingerprint]"
"""Fingerprints by path relative to the environment, with forward slashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """In what two manifests differ; sorted paths."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(sorted((*self.added, *self.removed, *self.changed)))


_INSTALL_FOLDERS: Final = frozenset({"site-packages", "dist-packages"})


def read_manifest(root: Path) -> Manifest:
    """List the files of the trees, without Python's byte-code caches: they come and go by themselves."""
    found: dict[str, Fingerprint] = {}
    for name in trees_of(root):
        path = os.path.join(root, name)  # noqa: PTH118 - plain strings halve the time over ten thousands of files
        information = os.lstat(path)
        if stat.S_ISDIR(information.st_mode):
            found.update(_files_below(path, f"{name}/"))
        else:
            found[name] = _fingerprint(path, information)
    return found


def _files_below(folder: str, prefix: str) -> Iterator[tuple[str, Fingerprint]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _files_below(entry.path, f"{prefix}{entry.name}/")
            else:
                yield f"{prefix}{entry.name}", _fingerprint(entry.path, entry.stat(follow_symlinks=False))


def _fingerprint(path: str, information: os.stat_result) -> Fingerprint:
    if stat.S_ISLNK(information.st_mode):
        return os.readlink(path)  # noqa: PTH115 - as above
    return (information.st_size, information.st_mtime_ns)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write one JSON line per file: path, then fingerprint."""
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps([name, found], separators=(",", ":")) + "\n" for name, found in manifest.items())


def parse_manifest(text: str) -> Manifest:
    r"""Read what `write_manifest` wrote.

    >>> parse_manifest('["lib/a.py",[12,34]]\n["bin/python","/usr/bin/python3"]\n')
    {'lib/a.py': (12, 34), 'bin/python': '/usr/bin/python3'}
    """
    rows = (json.loads(line) for line in text.splitlines())
    return {name: found if isinstance(found, str) else (found[0], found[1]) for name, found in rows}


def differences(before: Manifest, after: Manifest) -> Differences:
    """Compare two manifests."""
    return Differences(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(name for name in before.keys() & after.keys() if before[name] != after[name])),
    )


def versions_in(manifest: Manifest) -> Mapping[str, str]:
    """The versions of the distributions whose `dist-info` folders are in a manifest, by project.

    Copies that a package carries inside itself (`setuptools/_vendor/`) are not distributions of the environment.
    """
    parts = (path.split("/") for path in manifest if path.endswith(".dist-info/METADATA"))
    folders = (part[-2] for part in parts if part[-3:-2] and part[-3] in _INSTALL_FOLDERS)
    return {project_of(folder): folder.removesuffix(".dist-info").partition("-")[2] for folder in folders}


def project_of(dist_info: str) -> str:
    """The canonical project name that the name of a `dist-info` folder says."""
    return canonicalize_name(dist_info.partition("-")[0])


def owned_paths(root: Path, record: str) -> Iterator[str]:
    """Yield the paths, relative to the environment, that the RECORD at the path `record` names."""
    site_packages = posixpath.dirname(posixpath.dirname(record))
    text = (root / record).read_text(encoding="utf-8", errors="replace")
    for row in csv.reader(text.splitlines()):
        if row:
            yield posixpath.normpath(posixpath.join(site_packages, row[0].replace("\\", "/")))
