"""Rebuilds trees out of hard links, and tells where a file system would refuse or copy them."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

_COPIES_ON_LINK: Final = frozenset({"overlay", "aufs", "fuse.fuse-overlayfs"})
"""File systems of containers: a link to a file of a lower layer copies it up first, and a folder of one cannot be
renamed."""

_WRITTEN_IN_PLACE: Final = frozenset({"pyvenv.cfg"})
"""Files that people and tools edit without replacing them: a hard link would carry the edit into the snapshot."""

_MOUNTS: Final = Path("/proc/self/mountinfo")
_HAS_DESCRIPTORS: Final = {os.link, os.mkdir, os.open, os.readlink, os.symlink} <= os.supports_dir_fd


@dataclass(slots=True, kw_only=True)
class Tally:
    """What trees were rebuilt out of."""

    linked_files: int = 0
    copied_files: int = 0
    copied_bytes: int = 0


def can_link(root: Path, names: Iterable[str], folder: Path) -> bool:
    """Whether the trees `names` of `root` can be linked into `folder` without copying a byte.

    Tried with a file of our own; a tree on another device, and overlays, are known without trying.
    """
    if sys.platform == "linux" and _file_system(root) in _COPIES_ON_LINK:
        return False
    device = folder.stat().st_dev
    if any((root / name).lstat().st_dev != device for name in names):
        return False
    probe, link = folder / "probe", folder / "probe-link"
    probe.write_bytes(b"")
    try:
        os.link(probe, link)
        return probe.samefile(link)
    except OSError:
        return False  # refused, for whichever reason
    finally:
        probe.unlink()
        link.unlink(missing_ok=True)


def _file_system(path: Path) -> str | None:
    try:
        text = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    return parse_file_system(text, str(path.resolve()))


def parse_file_system(mountinfo: str, path: str) -> str | None:
    r"""Find the type of the file system that holds an absolute path; None where nothing is mounted above it.

    Sample: 36 35 98:0 /upper /mnt/the\040env rw,noatime master:1 - overlay overlay rw
    """
    found: tuple[int, str] | None = None
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:  # noqa: PLR2004 - the mount point is the fifth field
            continue
        point = fields[4].encode("latin-1", "replace").decode("unicode_escape")
        is_above = path == point or path.startswith(f"{point.rstrip('/')}/")
        if is_above and (found is None or len(point) >= found[0]):  # the last of several mounts counts
            found = (len(point), after.split(" ")[0])
    return found[1] if found is not None else None


def link_tree(source: Path, target: Path, tally: Tally) -> None:
    """Rebuild one tree, folder, file or symlink at `target`, which must not exist. Symlinks stay symlinks.

    A single file whose link is refused (too many links, another owner's) is copied.
    """
    mode = source.lstat().st_mode
    if stat.S_ISLNK(mode):
        target.symlink_to(source.readlink())
    elif not stat.S_ISDIR(mode):
        _place(str(source), str(target), tally, is_copied=source.name in _WRITTEN_IN_PLACE)
    elif _HAS_DESCRIPTORS:
        _link_by_descriptor(str(source), str(target), tally)
    else:
        _link_by_path(str(source), str(target), tally)


def _place(source: str, target: str, tally: Tally, *, is_copied: bool) -> None:
    if not is_copied:
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            pass  # for whichever reason: the copy below says if the disk is at fault
        else:
            tally.linked_files += 1
            return
    shutil.copy2(source, target)
    tally.copied_files += 1
    tally.copied_bytes += os.stat(target).st_size  # noqa: PTH116 - plain strings throughout


def _link_by_descriptor(source: str, target: str, tally: Tally) -> None:
    """Link what a folder holds by names relative to open folders: no path is looked up for each of the files."""
    os.mkdir(target, 0o700)  # noqa: PTH102 - plain strings halve the time over ten thousands of files
    folders: list[str] = []
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    from_folder, to_folder = os.open(source, flags), -1
    try:
        to_folder = os.open(target, flags)
        with os.scandir(from_folder) as entries:
            for entry in entries:
                name = entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                elif entry.is_symlink():
                    os.symlink(os.readlink(name, dir_fd=from_folder), name, dir_fd=to_folder)
                else:
                    try:
                        os.link(name, name, src_dir_fd=from_folder, dst_dir_fd=to_folder, follow_symlinks=False)
                        tally.linked_files += 1
                    except OSError:
                        _place(f"{source}/{name}", f"{target}/{name}", tally, is_copied=True)
    finally:
        os.close(from_folder)
        if to_folder >= 0:
            os.close(to_folder)
    for name in folders:
        _link_by_descriptor(f"{source}/{name}", f"{target}/{name}", tally)
    shutil.copystat(source, target)


def _link_by_path(source: str, target: str, tally: Tally) -> None:
    """Do as `_link_by_descriptor` where a file system call takes paths only (Windows)."""
    os.mkdir(target)  # noqa: PTH102 - as above
    with os.scandir(source) as entries:
        for entry in entries:
            path = f"{target}{os.sep}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                _link_by_path(entry.path, path, tally)
            elif entry.is_symlink():
                os.symlink(os.readlink(entry.path), path)  # noqa: PTH115, PTH211 - as above
            else:
                _place(entry.path, path, tally, is_copied=False)
    shutil.copystat(source, target)
