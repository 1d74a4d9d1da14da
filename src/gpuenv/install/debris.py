"""Clears away what no engine can uninstall: half-deleted distributions and the `~name` folders of interrupted runs."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from gpuenv.models.environment import Environment, InstalledDistribution


def clear_debris(environment: Environment, projects: Collection[str]) -> tuple[str, ...]:
    """Delete the broken remains of these projects; names what was deleted, relative to site-packages.

    A distribution without RECORD goes with its dist-info folder and with the import package of its name, unless
    another distribution's RECORD claims that package too.
    """
    site_packages = environment.site_packages
    doomed = [site_packages / name for name in environment.remnants if _is_remnant_of(name, projects)]
    for distribution in environment.distributions:
        if distribution.name in projects and "record-missing" in distribution.problems:
            doomed.append(distribution.location)
            package = site_packages / distribution.name.replace("-", "_")
            if package.is_dir() and not _is_claimed(package.name, environment, by_other_than=distribution):
                doomed.append(package)
    present = [path for path in dict.fromkeys(doomed) if path.exists()]
    for path in present:
        shutil.rmtree(path)
    return tuple(path.name for path in present)


def clear_leftovers(environment: Environment, packages: Collection[str]) -> tuple[str, ...]:
    """Delete what is left of these import packages now that nothing that is installed records them; names them.

    A folder that two distributions owned keeps what either wrote last, and the next one installed there would mix
    with it.
    """
    site_packages = environment.site_packages
    present = [name for name in packages if (site_packages / name).is_dir()]
    if not present:
        return ()
    claimed = frozenset().union(*(_top_level(record) for record in site_packages.glob("*.dist-info/RECORD")))
    left = tuple(sorted(name for name in present if name not in claimed))
    for name in left:
        shutil.rmtree(site_packages / name)
    return left


def import_packages(environment: Environment, projects: Collection[str]) -> frozenset[str]:
    """The top-level folders that the RECORDs of these projects name; metadata and scripts are none."""
    tops = (
        _top_level(distribution.location / "RECORD")
        for distribution in environment.distributions
        if distribution.name in projects
    )
    found = frozenset().union(*tops)
    return frozenset(name for name in found if name != ".." and not name.endswith((".dist-info", ".pth", ".py")))


def _is_remnant_of(name: str, projects: Collection[str]) -> bool:
    """Whether `~orch-2.9.0.dist-info` or `~~rch` is what pip left of one of the projects: it renames from the front."""
    kept = name.lower().replace("_", "-").lstrip("~")
    return any(kept and (project.endswith(kept) or project[1:] == kept.partition("-")[0]) for project in projects)


def _is_claimed(package: str, environment: Environment, *, by_other_than: InstalledDistribution) -> bool:
    return any(
        other != by_other_than and package in _top_level(other.location / "RECORD")
        for other in environment.distributions
    )


def _top_level(record: Path) -> frozenset[str]:
    if not record.is_file():
        return frozenset()
    rows = csv.reader(record.read_text(encoding="utf-8", errors="replace").splitlines())
    return frozenset(row[0].partition("/")[0] for row in rows if row)
