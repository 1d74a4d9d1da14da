"""Small venvs for tests that install into them: made by uv, read, and pictured file for file."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version
from uv import find_uv_bin

from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.platform import Platform, PythonVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = PythonVersion(major=sys.version_info.major, minor=sys.version_info.minor)


def make_venv(root: Path, environ: Mapping[str, str]) -> Path:
    """Make an empty venv of this Python."""
    subprocess.run([find_uv_bin(), "venv", "-q", "--python", sys.executable, str(root)], check=True, env=dict(environ))
    return root


def python_of(root: Path) -> Path:
    return root / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages_of(root: Path) -> Path:
    return next(root.glob("lib/python*/site-packages"), root / "Lib" / "site-packages")


def read_small(root: Path) -> Environment:
    """Read an environment of distributions that are whole but for their RECORD."""
    site_packages = site_packages_of(root)
    found = [
        InstalledDistribution(
            name=canonicalize_name(distribution.name),
            version=Version(distribution.version),
            location=site_packages / f"{distribution.name.replace('-', '_')}-{distribution.version}.dist-info",
            problems=() if distribution.read_text("RECORD") is not None else ("record-missing",),
        )
        for distribution in distributions(path=[str(site_packages)])
    ]
    return Environment(
        root=root,
        kind="venv",
        python=python_of(root),
        python_version=HERE,
        platform=Platform(name="linux-x86_64", glibc=(2, 28)),
        site_packages=site_packages,
        distributions=tuple(sorted(found, key=lambda distribution: distribution.name)),
        remnants=tuple(sorted(path.name for path in site_packages.glob("~*"))),
    )


def versions(root: Path) -> dict[str, str]:
    """What is installed: version by canonical name."""
    return {str(found.name): str(found.version) for found in read_small(root).distributions}


def picture(root: Path, *, with_caches: bool = False) -> dict[str, tuple[str, str]]:
    """Every file, folder and link of an environment with mode and content, but gpuenv's own records.

    Byte-code caches are left out unless asked for: Python writes them whenever it likes.
    """
    found: dict[str, tuple[str, str]] = {}
    left_out = {".gpuenv"} if with_caches else {".gpuenv", "__pycache__"}
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in left_out]
        for name in (*names, *files):
            path = Path(folder, name)
            found[path.relative_to(root).as_posix()] = (stat.filemode(path.lstat().st_mode), _content(path))
    return found


def _content(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
