"""The Python environment to be changed, with what is installed in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from gpuenv.models.platform import Platform, PythonVersion


EnvironmentKind: TypeAlias = Literal["venv", "conda", "portable", "system", "base"]
"""`portable`: the Python of one application, or one that was made to be moved. `system`: the operating system's, or
marked as managed by something else (PEP 668). `base`: an interpreter that environments are made from (pyenv, an
installer's, a tool's own). The last two are nobody's to change but their installer's."""


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
    """Codes of what is broken in it: `record-missing`, `metadata-missing`, `files-altered` (where asked for)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFolder:
    """A folder of site-packages that several distributions have written different files into."""

    name: str
    """`onnxruntime`."""
    owners: tuple[str, ...]
    """Their names; sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A venv, a conda prefix, or the Python of a portable distribution."""

    root: Path
    kind: EnvironmentKind
    python: Path
    """The interpreter's executable."""
    python_version: PythonVersion
    platform: Platform
    site_packages: Path
    distributions: tuple[InstalledDistribution, ...]
    """Sorted by name."""
    remnants: tuple[str, ...] = ()
    """Folders that an interrupted install left behind (`~orch`)."""
    outer: tuple[InstalledDistribution, ...] = ()
    """Of the base Python, which a venv made with `--system-site-packages` sees too: not this environment's to change.
    Sorted by name, without those that one of its own hides."""

    @property
    def is_shared(self) -> bool:
        """Whether others rest on this Python, so that it must not be changed."""
        return self.kind in {"system", "base"}

    def installed(self, name: str) -> InstalledDistribution | None:
        """The distribution of that canonical name, or None."""
        return next((found for found in self.distributions if found.name == name), None)
