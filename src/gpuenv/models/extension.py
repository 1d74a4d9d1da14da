"""Packages with GPU code of their own: which torch they bind to, and when they have to be compiled."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    from gpuenv.models.cuda import Architecture, CudaVersion
    from gpuenv.models.matrix import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A package with GPU code of its own, or one that brings such packages: where wheels are, when to compile."""

    package: str
    wheels: tuple[str, ...]
    """Where its wheels are: `pypi`, or a page of wheels; () where there are none."""
    binds_to_torch: bool
    """Whether its binaries serve one torch release (or minor release) only."""
    pairs: tuple[tuple[Version, SpecifierSet], ...]
    """Known releases and the torch versions that each goes with, ascending."""
    sass: frozenset[Architecture]
    """In its newest wheels, as far as established."""
    ptx: frozenset[Architecture]
    first_with_sm_120: Version | None
    """First release with machine code for 12.0; None where none is known."""
    source_build: SourceBuild
    architecture_variable: str | None
    """The variable that tells its build which architectures to compile for; None where it has none."""
    import_check: str
    """Python statements, or `-m MODULE`, that show whether it works."""
    note: str
    provenance: Provenance
    git: str | None = None
    """The repository that it is built from, where PyPI has no source of it."""
    build_requires: tuple[str, ...] = ()
    """What its build imports beyond what its `pyproject.toml` names."""
    build_variables: tuple[tuple[str, str], ...] = ()
    """Environment variables that its build needs."""


class SourceBuild(Enum):
    """When a package has to be compiled."""

    NEVER = "never"
    WITHOUT_WHEEL = "without-wheel"
    """Where no wheel fits the torch, the Python and the platform."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompilerWheels:
    """The wheels that together are the compiler of one CUDA version: each named exactly."""

    cuda: CudaVersion
    pins: tuple[Requirement, ...]
    provenance: Provenance
