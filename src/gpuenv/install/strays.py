"""Finds files that distributions put outside an environment's trees, such as the data files of wheels."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.install.snapshot import TREE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

_RECORDS: Final = ("lib/python*/site-packages/*.dist-info/RECORD", "Lib/site-packages/*.dist-info/RECORD")


def remove_strays(root: Path, *, gone: Path) -> None:
    """Delete files outside the trees that only the distributions of the trees in `gone` name in their RECORD.

    Files that a distribution of the restored trees names too stay: they were there before.
    """
    strays = frozenset(stray_files(gone, root)) - frozenset(stray_files(root, root))
    for path in sorted(strays, reverse=True):
        path.unlink(missing_ok=True)
        _remove_empty_folders(path.parent, root)


def stray_files(trees: Path, root: Path) -> Iterator[Path]:
    """Yield the files below `root`, outside its trees, that RECORDs of the trees in the folder `trees` name."""
    for record in (path for pattern in _RECORDS for path in trees.glob(pattern)):
        site_packages = root / record.parent.parent.relative_to(trees)
        for row in csv.reader(record.read_text(encoding="utf-8", errors="replace").splitlines()):
            if not row or not row[0].startswith(".."):
                continue
            path = site_packages / row[0]
            inside = Path(os.path.relpath(os.path.normpath(path), root)).parts
            if inside[0] != os.pardir and inside[0].lower() not in TREE_NAMES:
                yield root.joinpath(*inside)


def _remove_empty_folders(folder: Path, root: Path) -> None:
    while folder != root and root in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return  # not empty
        folder = folder.parent
