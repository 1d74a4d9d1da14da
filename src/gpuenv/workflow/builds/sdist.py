"""Fetches the sdist of a requirement out of the user's own indexes, or tells why there is none."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from gpuenv.build.sdist import offered_versions, why_not_fetched
from gpuenv.errors import GpuenvError
from gpuenv.install.engines.uv import without_credentials
from gpuenv.process import run, stream
from gpuenv.workflow.builds.commands import install_command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.requirements import Requirement

    from gpuenv.workflow.builds.place import Place

_TIMEOUT_S: Final = 120
_SHOWN: Final = 6
"""How many versions are told, the newest."""


def download_sdist(requirement: Requirement, place: Place, folder: Path, environ: Mapping[str, str]) -> Path:
    """Fetch it with pip, which has the user's own configuration; `environ` is what its setup script runs with.

    Raises `source-project-unknown`, `source-version-unknown`, `source-wheels-only`, and `sdist-not-available` for
    whatever else pip complains of.
    """
    place.reporter.stage("fetching-source", source=str(requirement))
    argv = (
        *(sys.executable, "-m", "pip", "--python", str(place.environment.python), "download"),
        *("--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-binary", ":all:"),
        *(("--no-index",) if place.options.is_offline else ()),
        *("--dest", str(folder), str(requirement)),
    )
    ran = stream(argv, env=environ, on_line=lambda line: place.reporter.output(without_credentials(line)))
    found = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    if not ran.succeeded or not found:
        raise _why(requirement, place, environ, without_credentials(ran.stdout))
    return found[0]


def _why(requirement: Requirement, place: Place, environ: Mapping[str, str], output: str) -> GpuenvError:
    """Make the error of a source that is not there: each has its own way out."""
    offered = None if place.options.is_offline else offered_versions(output)
    name = canonicalize_name(requirement.name)
    if offered:
        newest = tuple(str(version) for version in reversed(offered))[:_SHOWN]
        wanted = f"{requirement.name}=={newest[0]}"
        return GpuenvError(
            "source-version-unknown", requirement=str(requirement), package=name, offered=newest, wanted=wanted
        )
    if offered is None:
        detail = why_not_fetched(output)
        offline = "--offline" if place.options.is_offline else None
        return GpuenvError("sdist-not-available", requirement=str(requirement), detail=detail, offline=offline)
    if _has_wheels(requirement, place, environ):
        command = install_command(place.options, place.environment.root, str(requirement))
        return GpuenvError("source-wheels-only", requirement=str(requirement), package=name, command=command)
    near = get_close_matches(name, [row.package for row in place.matrix.extensions], n=1, cutoff=0.7)
    return GpuenvError("source-project-unknown", package=name, typo=requirement.name, near=near[0] if near else None)


def _has_wheels(requirement: Requirement, place: Place, environ: Mapping[str, str]) -> bool:
    """Whether the indexes have the project at all."""
    argv = (
        *(sys.executable, "-m", "pip", "--python", str(place.environment.python), "index", "versions"),
        *("--disable-pip-version-check", "--pre", requirement.name),
    )
    return run(argv, env=environ, timeout_s=_TIMEOUT_S).succeeded
