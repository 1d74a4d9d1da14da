"""The Python environment to be changed, with what is installed in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from gpuenv.models.platform import Platform, PythonVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledDistribution:
    """One distribution of an environment, read from its dist-info folder."""

    name: NormalizedName
    version: Version
    """With its local label where there is one: 2.9.0+cpu is not 2.9.0+cu128."""
    location: Path
    """The dist-info folder."""
    requires: tuple[Requirement, ...] = ()
    build_tag: str | None = None
    """CUDA tag of a torch-family build as the package itself states it (`torch/version.py`): `cu132`, `cpu`.
    Needed for builds without a local label (PyPI's)."""
    installer: str | None = None
    is_editable: bool = False
    direct_url: str | None = None
    """Origin of a direct install, credentials removed."""
    problems: tuple[str, ...] = ()
    """Codes of what is broken in it: `record-missing`, `metadata-missing`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A venv, a conda prefix, or the Python of a portable distribution."""

    root: Path
    kind: Literal["venv", "conda", "portable", "system"]
    python: Path
    """The interpreter's executable."""
    python_version: PythonVersion
    platform: Platform
    site_packages: Path
    distributions: tuple[InstalledDistribution, ...]
    """Sorted by name."""
    remnants: tuple[str, ...] = ()
    """Folders that an interrupted install left behind (`~orch`)."""

    def installed(self, name: str) -> InstalledDistribution | None:
        """The distribution of that canonical name, or None."""
        return next((found for found in self.distributions if found.name == name), None)
