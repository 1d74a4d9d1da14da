"""Reads which distributions an environment's files belong to, from `dist-info` folders alone."""

from __future__ import annotations

import csv
import posixpath
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

INSTALL_FOLDERS: Final = frozenset({"site-packages", "dist-packages"})


def versions_in(paths: Iterable[str]) -> Mapping[str, str]:
    """The versions of the distributions whose `dist-info` folders are among these paths, by project.

    Copies that a package carries inside itself (`setuptools/_vendor/`) are not distributions of the environment.
    """
    parts = (path.split("/") for path in paths if path.endswith(".dist-info/METADATA"))
    folders = (part[-2] for part in parts if part[-3:-2] and part[-3] in INSTALL_FOLDERS)
    return {project_of(folder): folder.removesuffix(".dist-info").partition("-")[2] for folder in folders}


def project_of(dist_info: str) -> str:
    """The canonical project name that the name of a `dist-info` folder says."""
    return canonicalize_name(dist_info.partition("-")[0])


def records_of(projects: Collection[str], paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the paths that are RECORDs of these projects."""
    return tuple(
        path for path in paths if path.endswith(".dist-info/RECORD") and project_of(path.rsplit("/", 2)[-2]) in projects
    )


def owned_paths(root: Path, record: str) -> Iterator[str]:
    """Yield the paths, relative to the environment, that the RECORD at the path `record` names."""
    site_packages = posixpath.dirname(posixpath.dirname(record))
    text = (root / record).read_text(encoding="utf-8", errors="replace")
    for row in csv.reader(text.splitlines()):
        if row:
            yield posixpath.normpath(posixpath.join(site_packages, row[0].replace("\\", "/")))


def owners_of(root: Path, paths: Collection[str]) -> tuple[str, ...]:
    """Name the distributions that own any of these paths, as `project==version`, sorted."""
    wanted = frozenset(paths)
    owners = set()
    for pattern in ("lib/python*/site-packages", "Lib/site-packages"):
        for record in root.glob(f"{pattern}/*.dist-info/RECORD"):
            if not wanted.isdisjoint(owned_paths(root, record.relative_to(root).as_posix())):
                project, _, version = record.parent.name.removesuffix(".dist-info").partition("-")
                owners.add(f"{canonicalize_name(project)}=={version}")
    return tuple(sorted(owners))
