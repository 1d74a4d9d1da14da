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
class ExtensionRelease:
    """One release of an extension, and the torch that its wheels go with."""

    version: Version
    torch: SpecifierSet
    beside: tuple[Requirement, ...] = ()
    """What else of the GPU family it requires: `torchvision==0.29.0`."""
    python: SpecifierSet | None = None
    """The Pythons that it has wheels for; None where every one in use will do."""
    tags: tuple[str, ...] = ()
    """CUDA tags of torch that its wheels go with, or their beginnings: `cu128`, `cu12`; () where all do."""
    page_tags: tuple[str, ...] = ()
    """Those that PyTorch's own index has further wheels of it for."""
    platforms: tuple[str, ...] = ()
    """The platforms that it has wheels for; () where that is not limited."""

    def admits(self, version: Version, tag: str, *, is_index_read: bool) -> bool:
        """Tell whether it has a wheel that goes with a build of torch, on PyTorch's index if that may be read."""
        known, tags = tag.removeprefix("nightly/"), (*self.tags, *(self.page_tags if is_index_read else ()))
        if self.tags and not any(known.startswith(beginning) for beginning in tags):
            return False
        return self.torch.contains(version, prereleases=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What an extension of a request, or of an environment, asks of torch (rule 6)."""

    requirement: Requirement
    """As asked, without its marker."""
    releases: tuple[ExtensionRelease, ...]
    """Those that it admits and that the target's Python and platform can have, newest first."""
    is_binding: bool
    """Whether no other torch will do; else it can be compiled for any, and what has wheels only comes first."""
    known: tuple[ExtensionRelease, ...] = ()
    """All releases that the target can have, whatever was asked for; newest first."""

    @property
    def package(self) -> str:
        """The project's name."""
        return self.requirement.name

    def release_for(self, version: Version, tag: str, *, is_index_read: bool) -> ExtensionRelease | None:
        """The newest release with a wheel that goes with a build of torch; None where there is none."""
        fitting = (found for found in self.releases if found.admits(version, tag, is_index_read=is_index_read))
        return next(fitting, None)


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
    core_minutes: int | None = None
    """Minutes that one core compiles for one architecture; None where that is short, or not known."""
    job_gib: int | None = None
    """Memory in GiB that one parallel job of its build takes at its peak; None where it is the usual."""
    releases: tuple[ExtensionRelease, ...] = ()
    """Releases of which more is known than `pairs` tells: what they require beside torch, and for which Pythons."""
    wheels_for: tuple[ExtensionRelease, ...] = ()
    """The torches that its own pages have wheels for, by the names of the wheels; it can be compiled for others."""

    @property
    def known_releases(self) -> tuple[ExtensionRelease, ...]:
        """Releases whose metadata names their torch, newest first."""
        paired = (ExtensionRelease(version=version, torch=torch) for version, torch in self.pairs)
        return tuple(sorted((*paired, *self.releases), key=lambda release: release.version, reverse=True))


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
