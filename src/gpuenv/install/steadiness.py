"""Tells whether somebody else changes an environment while gpuenv works on it: pip takes no lock."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from gpuenv.models.environment import Environment

_INFO: Final = re.compile(r"(?P<name>.+?)-(?P<version>\d[^-]*)(?:-.*)?\.(?:dist|egg)-info")

State: TypeAlias = "Mapping[str, tuple[int, int]]"
"""By name of each `dist-info` folder: size in bytes and time of last change, in ns, of its RECORD; (-1, -1) without."""


class Watch:
    """What an environment's distributions were when the work began."""

    def __init__(self, environment: Environment) -> None:
        """Look at the environment as it is now."""
        self._site_packages = environment.site_packages
        self._began = read_state(self._site_packages)
        self.changed_since_read = _changed_since_read(environment, self._began)
        """The projects that came, went or changed their version since the environment was read."""

    def foreign(self, touched: AbstractSet[str]) -> tuple[str, ...]:
        """Name the projects, but for the canonical names `touched`, that differ from the beginning; sorted."""
        now = read_state(self._site_packages)
        names = {name for name in self._began.keys() | now.keys() if self._began.get(name) != now.get(name)}
        return tuple(sorted({project_of(name) for name in names} - touched))


def read_state(site_packages: Path) -> State:
    """Read the state of a site-packages folder."""
    names = (name for name in os.listdir(site_packages) if name.endswith((".dist-info", ".egg-info")))  # noqa: PTH208
    return {name: _record_of(site_packages / name / "RECORD") for name in names}


def _record_of(path: Path) -> tuple[int, int]:
    try:
        information = path.stat()
    except OSError:
        return (-1, -1)
    return (information.st_size, information.st_mtime_ns)


def project_of(name: str) -> str:
    """The canonical project name that the name of a `dist-info` folder says.

    >>> project_of("onnxruntime_gpu-1.26.0.dist-info")
    'onnxruntime-gpu'
    """
    found = _INFO.fullmatch(name)
    return canonicalize_name(found["name"] if found is not None else name.rpartition(".")[0])


def _changed_since_read(environment: Environment, state: State) -> tuple[str, ...]:
    """Compare names only: a project may have two folders here, of which the reading tells one."""
    here = {
        distribution.location.name: distribution.name
        for distribution in environment.distributions
        if distribution.location.parent == environment.site_packages
    }
    gone = {project for folder, project in here.items() if folder not in state}
    known = {distribution.name for distribution in environment.distributions}
    left = set(environment.remnants)
    come = {project_of(folder) for folder in state if folder not in left} - known
    return tuple(sorted(gone | come))
