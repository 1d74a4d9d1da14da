"""Exchanges an environment's trees with those of a snapshot: by renames, or file by file where a folder is held."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.install.snapshots.snapshot import trees_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LISTS: Final = "lists"
"""Folder, beside the snapshot, of the lists of trees that are exchanged file by file."""


def exchange(root: Path, *, incoming: Path, names: Iterable[str], outgoing: Path) -> None:
    """Put the trees `names` of `incoming` into the environment, and what is there now into `outgoing`.

    It may be interrupted at any point and run again: a name that `incoming` no longer has was put in place before.
    Trees that are not in `names` were not there at the time of the snapshot, and go. A folder that cannot be renamed
    (Windows: a program or library in it is in use; a mount point) is exchanged file by file: what is in use and the
    same in both stays where it is. Raises the first `OSError`, after everything else was done.
    """
    outgoing.mkdir(exist_ok=True)
    names = tuple(names)
    errors: list[OSError] = []
    for name in names:
        if os.path.lexists(incoming / name):
            errors += _exchange_tree(root, incoming, outgoing, name)
    for name in trees_of(root):
        if name not in names:
            errors += _move_tree_out(root, incoming, outgoing, name)
    if errors:
        raise errors[0]


def _exchange_tree(root: Path, incoming: Path, outgoing: Path, name: str) -> list[OSError]:
    """Exchange one tree; gives what was refused."""
    listed = incoming.parent / _LISTS / f"{name}.json"
    if not listed.exists():
        try:
            _move_out(root / name, outgoing)
            os.rename(incoming / name, root / name)  # noqa: PTH104 - the call that tests refuse as Windows does
        except OSError as error:
            if not _is_folder(incoming / name):
                return [error]
        else:
            return []
        _mirror_folders(root / name, outgoing / name)
        _write_list(listed, incoming / name)
    return _exchange_files(root / name, incoming / name, outgoing / name, _read_list(listed))


def _move_tree_out(root: Path, incoming: Path, outgoing: Path, name: str) -> list[OSError]:
    """Take a tree out that was not there before; gives what was refused."""
    try:
        _move_out(root / name, outgoing)
    except OSError as error:
        if not _is_folder(root / name):
            return [error]
        _mirror_folders(root / name, outgoing / name)
        return _exchange_files(root / name, incoming / name, outgoing / name, frozenset())
    return []


def _is_folder(path: Path) -> bool:
    return os.path.lexists(path) and stat.S_ISDIR(path.lstat().st_mode)


def _write_list(path: Path, tree: Path) -> None:
    """List every file of a tree before the first of them moves: afterwards nobody could tell what it had."""
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(sorted(_files_below(tree))), encoding="utf-8")
    unfinished.replace(path)


def _read_list(path: Path) -> frozenset[str]:
    return frozenset(json.loads(path.read_text(encoding="utf-8")))


def _files_below(tree: Path) -> Iterator[str]:
    """Yield what is no folder, relative to the tree."""
    for folder, names, files in os.walk(tree):
        links = [name for name in names if Path(folder, name).is_symlink()]
        for name in (*files, *links):
            yield Path(folder, name).relative_to(tree).as_posix()


def _exchange_files(here: Path, incoming: Path, outgoing: Path, listed: frozenset[str]) -> list[OSError]:
    """Exchange the files of one tree; gives what was refused.

    What is not `listed` is new and goes. A listed file that `incoming` no longer has was dealt with before.
    """
    errors: list[OSError] = []
    _mirror_folders(incoming, here)
    for path in sorted({*listed, *_files_below(here)}):
        now, coming, going = here / path, incoming / path, outgoing / path
        try:
            if path not in listed or (os.path.lexists(coming) and not _is_same(now, coming)):
                _move(now, going)
            # One and the same file in both stays; its second name goes over, so that `outgoing` is whole.
            _move(coming, going if os.path.lexists(now) else now)
        except OSError as error:
            errors.append(error)
    _match_folders(here, incoming)
    return errors


def _is_same(one: Path, other: Path) -> bool:
    """Whether both are one file, by hard link, or symlinks to the same place."""
    if not (os.path.lexists(one) and os.path.lexists(other)):
        return False
    if one.is_symlink() and other.is_symlink():
        return one.readlink() == other.readlink()
    return os.path.samestat(one.lstat(), other.lstat())


def _move(source: Path, target: Path) -> None:
    if not os.path.lexists(source) or _is_same(source, target):
        return
    if os.path.lexists(target):
        target = _free_name(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.rename(source, target)  # noqa: PTH104 - as above


def _mirror_folders(tree: Path, other: Path) -> None:
    """Make the folders of one tree, with their modes, in another."""
    for folder, _, _ in os.walk(tree):
        target = other / Path(folder).relative_to(tree)
        if not os.path.lexists(target):
            target.mkdir(parents=True)
            target.chmod(stat.S_IMODE(Path(folder).stat().st_mode))


def _match_folders(here: Path, coming: Path) -> None:
    """Remove folders that became empty, and give the others the mode that they had."""
    for folder, _, _ in os.walk(here, topdown=False):
        model = coming / Path(folder).relative_to(here)
        if model.is_dir():
            Path(folder).chmod(stat.S_IMODE(model.stat().st_mode))
        elif not os.listdir(folder):  # noqa: PTH208 - only whether there is one
            Path(folder).rmdir()


def _move_out(path: Path, folder: Path) -> None:
    if os.path.lexists(path):
        target = folder / path.name
        os.rename(path, _free_name(target) if os.path.lexists(target) else target)  # noqa: PTH104 - as above


def _free_name(path: Path) -> Path:
    """A name beside one that is taken.

    Only if something made the file or tree anew between a crash and the recovery, and neither copy may be lost.
    """
    return Path(f"{path}.{len(os.listdir(path.parent))}")  # noqa: PTH208 - only their number
