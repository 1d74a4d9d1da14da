"""Snapshots of an environment's trees by hard links."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from gpuenv.install.snapshots.linking import Tally, link_tree
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

TREE_NAMES: Final = frozenset(
    {"bin", "scripts", "lib", "lib64", "library", "share", "include", "etc", "man", "pyvenv.cfg"}
)
"""What installers write to below an environment's root, in lower case (`Library`: Intel's wheels on Windows).
Anything else there belongs to the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSize:
    """What a snapshot consists of."""

    linked_files: int
    copied_files: int
    copied_bytes: int
    """Disk space that it takes, but for its folders."""


def trees_of(root: Path) -> tuple[str, ...]:
    """The names of the environment's trees that exist, sorted."""
    return tuple(sorted(name for name in os.listdir(root) if name.lower() in TREE_NAMES))  # noqa: PTH208 - names


def take_snapshot(root: Path, destination: Path) -> SnapshotSize:
    """Link the environment's trees into `destination`, which must not exist. Symlinks stay symlinks.

    A file whose link the file system refuses (too many links, another owner's) is copied.
    Neither uv nor pip nor Python's own byte-code cache writes into a file in place: they replace it.
    """
    destination.mkdir()
    tally = Tally()
    for name in trees_of(root):
        link_tree(root / name, destination / name, tally)
    return SnapshotSize(
        linked_files=tally.linked_files, copied_files=tally.copied_files, copied_bytes=tally.copied_bytes
    )


def held_bytes(snapshot: Path) -> int:
    """Disk space that only the snapshot holds: the files that are linked from nowhere else, in bytes.

    A file that uv's cache or the environment has too costs nothing.
    """
    total = 0
    folders = [str(snapshot)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not entry.is_symlink():
                    found = os.lstat(entry.path)  # not the entry's own: on Windows that does not count links
                    total += found.st_size if found.st_nlink == 1 else 0
    return total
