"""Finds and keeps files that distributions put outside an environment's trees, such as the data files of wheels."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.install.snapshots.snapshot import TREE_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_RECORDS: Final = ("lib/python*/site-packages/*.dist-info/RECORD", "Lib/site-packages/*.dist-info/RECORD")


def stray_files(trees: Path, root: Path) -> frozenset[Path]:
    """List the files below `root`, outside its trees, that RECORDs of the trees in the folder `trees` name."""
    records = (path for pattern in _RECORDS for path in trees.glob(pattern))
    return frozenset(stray for record in records for stray in _strays_of(record, trees, root))


def _strays_of(record: Path, trees: Path, root: Path) -> Iterator[Path]:
    content = record.read_bytes()
    if not content.startswith((b"..", b'"..')) and b"\n.." not in content and b'\n"..' not in content:
        return  # as nearly all are: none of thousands of rows has to be parsed
    site_packages = root / record.parent.parent.relative_to(trees)
    for row in csv.reader(content.decode("utf-8", "replace").splitlines()):
        if not row or not row[0].startswith(".."):
            continue
        inside = Path(os.path.relpath(os.path.normpath(site_packages / row[0]), root)).parts
        if inside[0] != os.pardir and inside[0].lower() not in TREE_NAMES:
            yield root.joinpath(*inside)


def save_strays(root: Path, folder: Path) -> None:
    """Link or copy the stray files that there are into `folder`, which is made only if there are any."""
    for path in stray_files(root, root):
        if path.is_file() or path.is_symlink():
            _place(path, folder / path.relative_to(root))


def saved_strays(folder: Path, root: Path) -> dict[Path, Path]:
    """Where `save_strays` keeps a file, by where it belongs."""
    kept = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return {root / path.relative_to(folder): path for path in kept}


def restore_strays(root: Path, folder: Path, *, now: Collection[Path]) -> None:
    """Put what `save_strays` saved back, and delete those of `now` that it did not save.

    It may be interrupted at any point and run again.
    """
    saved = saved_strays(folder, root)
    for path in sorted(frozenset(now) - saved.keys(), reverse=True):
        path.unlink(missing_ok=True)
        _remove_empty_folders(path.parent, root)
    for path, kept in saved.items():
        if not (os.path.lexists(path) and os.path.samestat(path.lstat(), kept.lstat())):
            _place(kept, path)


def _place(source: Path, target: Path) -> None:
    """Make `target` what `source` is, in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.gpuenv-new")
    unfinished.unlink(missing_ok=True)
    try:
        os.link(source, unfinished, follow_symlinks=False)
    except OSError:  # refused, for whichever reason: the copy says if the disk is at fault
        shutil.copy2(source, unfinished, follow_symlinks=False)
    unfinished.replace(target)


def _remove_empty_folders(folder: Path, root: Path) -> None:
    while folder != root and root in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return  # not empty
        folder = folder.parent
