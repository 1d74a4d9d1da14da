"""Keeps the state before a change without links: the files that it will touch as copies, and a list of all paths."""

from __future__ import annotations

import json
import os
import shutil
import stat
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.install.records import INSTALL_FOLDERS, owned_paths, project_of, records_of
from gpuenv.install.snapshots.manifest import CACHE_FOLDER, parse_manifest, read_manifest, write_manifest
from gpuenv.install.snapshots.snapshot import SnapshotSize, trees_of
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from gpuenv.install.snapshots.manifest import Fingerprint, Manifest
    from gpuenv.install.state import ChangeFolder

_SCRIPT_FOLDERS: Final = frozenset({"bin", "scripts"})
_SMALL_BYTES: Final = 1024 * 1024
"""Scripts up to this size are copied whoever owns them: engines replace those of the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """Every path of an environment's trees at one time."""

    files: Manifest
    folders: Mapping[str, int]
    """Their modes."""


def take_copies(root: Path, folder: ChangeFolder, *, projects: Collection[str]) -> SnapshotSize:
    """Copy what a change of these projects (canonical names) can touch, and list every path there is.

    That is what their RECORDs name, their `dist-info` folders, what has the name of their import package, scripts,
    and the files that several distributions write.
    """
    listing = _read_listing(root)
    chosen = sorted(_files_to_keep(root, listing.files, frozenset(projects)))
    return _keep(root, folder, listing, chosen)


def take_differing(root: Path, folder: ChangeFolder, *, coming: ChangeFolder) -> SnapshotSize:
    """Copy what is about to be replaced or deleted by putting back the copies of `coming`, and list every path."""
    listing = _read_listing(root)
    there = _parse_listing(coming)
    kept = {path for path, _ in _files_below(coming.snapshot)}
    chosen = sorted(
        path
        for path, fingerprint in listing.files.items()
        if path in kept or (there.files.get(path) != fingerprint and not _is_cache(path))
    )
    return _keep(root, folder, listing, chosen)


def _keep(root: Path, folder: ChangeFolder, listing: _Listing, chosen: Iterable[str]) -> SnapshotSize:
    shutil.rmtree(folder.snapshot, ignore_errors=True)  # what an interrupted attempt left
    folder.snapshot.mkdir()
    count = size = 0
    for path in chosen:
        if isinstance(listing.files[path], str):
            continue  # where a symlink points to is in the list
        target = folder.snapshot / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, target)
        count, size = count + 1, size + target.stat().st_size
    write_manifest(folder.listing, listing.files)
    folder.folders.write_text(json.dumps(dict(listing.folders)), encoding="utf-8")
    if hasattr(os, "sync"):
        os.sync()  # once for all: the originals go as soon as the journal says that the copies are there
    return SnapshotSize(linked_files=0, copied_files=count, copied_bytes=size)


def put_copies_back(root: Path, folder: ChangeFolder) -> tuple[str, ...]:
    """Bring the environment back to the list: what is new goes, and what was copied is put back.

    Gives the paths that differ and were not copied: something else than the plan changed them. It may be interrupted
    at any point and run again. Raises the first `OSError`, after everything else was done.
    """
    listing = _parse_listing(folder)
    errors: list[OSError] = []
    for name in trees_of(root):
        _delete_new(root, name, listing, errors)
    for path, mode in listing.folders.items():
        _attempt(errors, partial(_restore_folder, root / path, mode))
    for path, copy in _files_below(folder.snapshot):
        _attempt(errors, partial(_restore_file, copy, root / path))
    for path, fingerprint in listing.files.items():
        if isinstance(fingerprint, str):
            _attempt(errors, partial(_restore_symlink, root / path, fingerprint))
    if errors:
        raise errors[0]
    return _unlike(root, listing.files)


def not_restorable(root: Path, folder: ChangeFolder) -> tuple[str, ...]:
    """The paths that putting the copies back would leave as they are now, though they were different then."""
    kept = {path for path, _ in _files_below(folder.snapshot)}
    return tuple(path for path in _unlike(root, _parse_listing(folder).files) if path not in kept)


def _unlike(root: Path, before: Manifest) -> tuple[str, ...]:
    """What is not as it was, but for symlinks: where they pointed to is known."""
    now = read_manifest(root, with_caches=True)
    return tuple(
        path
        for path, found in before.items()
        if not isinstance(found, str) and not _is_cache(path) and now.get(path) != found
    )


def _attempt(errors: list[OSError], work: Callable[[], object]) -> None:
    """Do one piece of the way back; a file in use must not keep the others from it."""
    try:
        work()
    except OSError as error:
        errors.append(error)


def _restore_folder(path: Path, mode: int) -> None:
    if not path.is_dir() or path.is_symlink():
        if os.path.lexists(path):
            path.unlink()
        path.mkdir(parents=True)
    if stat.S_IMODE(path.stat().st_mode) != mode:
        path.chmod(mode)


def _restore_file(copy: Path, path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    copy.replace(path)


def _restore_symlink(path: Path, target: str) -> None:
    if path.is_symlink() and str(path.readlink()) == target:
        return
    if os.path.lexists(path):
        path.unlink()
    path.symlink_to(target)


def _delete_new(root: Path, path: str, listing: _Listing, errors: list[OSError]) -> None:
    """Delete below `path` what the list does not have."""
    place = root / path
    if not stat.S_ISDIR(place.lstat().st_mode):
        if path not in listing.files:
            _attempt(errors, place.unlink)
    elif path not in listing.folders:
        _attempt(errors, partial(shutil.rmtree, place))
    else:
        for name in os.listdir(place):  # noqa: PTH208 - names
            _delete_new(root, f"{path}/{name}", listing, errors)


def _read_listing(root: Path) -> _Listing:
    folders = {}
    for name in trees_of(root):
        for folder, _, _ in os.walk(root / name):
            path = Path(folder)
            if not path.is_symlink():
                folders[path.relative_to(root).as_posix()] = stat.S_IMODE(path.stat().st_mode)
    return _Listing(files=read_manifest(root, with_caches=True), folders=folders)


def _parse_listing(folder: ChangeFolder) -> _Listing:
    return _Listing(
        files=parse_manifest(folder.listing.read_text(encoding="utf-8")),
        folders=json.loads(folder.folders.read_text(encoding="utf-8")),
    )


def _files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    for place, _, files in os.walk(folder):
        for name in files:
            yield Path(place, name).relative_to(folder).as_posix(), Path(place, name)


def _files_to_keep(root: Path, files: Manifest, projects: frozenset[str]) -> Iterator[str]:
    packages = {project.replace("-", "_") for project in projects}
    owned = {path for record in records_of(projects, files) for path in owned_paths(root, record)}
    for path, found in files.items():
        parts = path.split("/")
        top = next((index for index, part in enumerate(parts) if part in INSTALL_FOLDERS), None)
        is_chosen = _is_script(parts, found) if top is None else _is_at_stake(parts[top + 1 :], projects, packages)
        if is_chosen or path in owned:
            yield path


def _is_script(parts: list[str], found: Fingerprint) -> bool:
    if len(parts) == 1 or parts[0].lower() not in _SCRIPT_FOLDERS:
        return len(parts) == 1
    return not isinstance(found, str) and found[0] <= _SMALL_BYTES


def _is_at_stake(parts: list[str], projects: frozenset[str], packages: set[str]) -> bool:
    """Whether a file of site-packages belongs to one of the projects by its name, or to many."""
    first = parts[0]
    if first.endswith((".dist-info", ".egg-info")):
        return project_of(first.rpartition(".")[0]) in projects
    if first.startswith("~") or first.lower().partition(".")[0] in packages:
        return True
    is_shared = len(parts) == 2 and parts[1] == "__init__.py"  # noqa: PLR2004 - that of a namespace's folder
    return is_shared or (len(parts) == 1 and first.endswith(".pth"))


def _is_cache(path: str) -> bool:
    return f"/{CACHE_FOLDER}/" in path
