"""Snapshots of an environment's trees by hard links, and their way back by renames."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

TREE_NAMES: Final = frozenset(
    {"bin", "scripts", "lib", "lib64", "library", "share", "include", "etc", "man", "pyvenv.cfg"}
)
"""What installers write to below an environment's root, in lower case (`Library`: Intel's wheels on Windows).
Anything else there belongs to the user."""

_WRITTEN_IN_PLACE: Final = frozenset({"pyvenv.cfg"})
"""Files that people and tools edit without replacing them: a hard link would carry the edit into the snapshot."""


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

    Where the file system refuses a link (another device, too many links, FAT) that file is copied.
    Neither uv nor pip nor Python's own byte-code cache writes into a file in place: they replace it.
    """
    destination.mkdir()
    copier = _Linker()
    for name in trees_of(root):
        copier.place(root / name, destination / name)
    return SnapshotSize(
        linked_files=copier.linked_files, copied_files=copier.copied_files, copied_bytes=copier.copied_bytes
    )


class _Linker:
    """Rebuilds trees out of links, counting."""

    def __init__(self) -> None:
        self.linked_files = 0
        self.copied_files = 0
        self.copied_bytes = 0

    def place(self, source: Path, target: Path) -> None:
        information = source.lstat()
        if stat.S_ISDIR(information.st_mode):
            self._folder(str(source), str(target))
        else:
            self._file(str(source), str(target), is_symlink=stat.S_ISLNK(information.st_mode))

    def _folder(self, source: str, target: str) -> None:
        os.mkdir(target)  # noqa: PTH102 - plain strings halve the time over ten thousands of files
        with os.scandir(source) as entries:
            for entry in entries:
                path = f"{target}{os.sep}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    self._folder(entry.path, path)
                else:
                    self._file(entry.path, path, is_symlink=entry.is_symlink())
        shutil.copystat(source, target)

    def _file(self, source: str, target: str, *, is_symlink: bool) -> None:
        if is_symlink:
            os.symlink(os.readlink(source), target)  # noqa: PTH115, PTH211 - as above
            return
        if os.path.basename(source) not in _WRITTEN_IN_PLACE:  # noqa: PTH119 - as above
            try:
                os.link(source, target, follow_symlinks=False)
            except OSError:
                pass  # refused, for whichever reason: the copy below says if the disk is at fault
            else:
                self.linked_files += 1
                return
        shutil.copy2(source, target)
        self.copied_files += 1
        self.copied_bytes += os.stat(target).st_size  # noqa: PTH116 - as above


def exchange(root: Path, *, incoming: Path, names: Iterable[str], outgoing: Path) -> None:
    """Put the trees `names` of `incoming` into the environment, and what is there now into `outgoing`.

    It may be interrupted at any point and run again: a name that `incoming` no longer has was put in place before.
    Trees that are not in `names` were not there at the time of the snapshot, and go.
    """
    outgoing.mkdir(exist_ok=True)
    names = tuple(names)
    for name in names:
        if os.path.lexists(incoming / name):
            _move_out(root / name, outgoing)
            (incoming / name).rename(root / name)
    for name in trees_of(root):
        if name not in names:
            _move_out(root / name, outgoing)


def _move_out(path: Path, folder: Path) -> None:
    if not os.path.lexists(path):
        return
    target = folder / path.name
    if os.path.lexists(target):
        # Only if something made the tree anew between a crash and the recovery: neither copy may be lost.
        target = Path(f"{target}.{len(os.listdir(folder))}")  # noqa: PTH208 - only their number
    path.rename(target)
