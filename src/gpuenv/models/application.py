"""Applications and packages that people install for their GPU: what is known of their requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from gpuenv.models.cuda import ComputeCapability
    from gpuenv.models.matrix import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRequirement:
    """What an application needs beside what its package says, or where there is no package."""

    requirement: Requirement
    """With its range; a marker says for which targets."""
    provenance: Provenance
    is_newest_only: bool = False
    """Holds for the newest release: left aside where the user asks for a version of the package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOut:
    """A project that no dependency may bring in."""

    project: str
    """Canonical."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationExtension:
    """A package with GPU code of its own that the application needs and no index has for every GPU."""

    package: str
    """Canonical."""
    build_from: str
    """What `gpuenv build` takes: a requirement of an index, or `git+https://...`."""
    import_check: str
    """Python statements that show whether it works; empty: each of its extension modules is imported."""
    provenance: Provenance
    files: int | None = None
    """How many files are compiled, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCheck:
    """What has to be proven before the application can be said to work: a capability, or that it can be imported."""

    capability: str | None
    """As `gpuenv verify --require` takes it: `nvrtc`."""
    imports: str | None
    """A distribution that has to be importable with its native modules, where it is installed: `easyocr`."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSetting:
    """A variable that the application needs when it runs; one that the user has set already stays."""

    variable: str
    value: str
    provenance: Provenance
    system: Literal["linux", "windows", "macos"] | None = None
    """The only system that it is for; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSwitch:
    """A part of the application that may be on where some capabilities are proven."""

    name: str
    """`half-precision`."""
    needs: tuple[str, ...]
    """Capabilities of `gpuenv verify`."""
    variable: str | None
    """The variable that turns it on or off; None where the application's own interface does."""
    on: str | None
    off: str | None
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationLimit:
    """Something that is known not to work, or to work otherwise than expected."""

    minimum: ComputeCapability | None
    """For GPUs from this capability on; None: from the oldest on."""
    maximum: ComputeCapability | None
    """Up to this capability, included; None: up to the newest."""
    code: str
    """Code of its sentence: `limit-mmcv-weights-only`."""
    provenance: Provenance
    excludes: bool = False
    """Whether nothing of it runs on such a GPU, so that to ask for it is a conflict."""

    def holds_for(self, capability: ComputeCapability) -> bool:
        """Whether it concerns a GPU of that capability."""
        return (self.minimum is None or capability >= self.minimum) and (
            self.maximum is None or capability <= self.maximum
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Everything that is known of one application."""

    name: str
    """Canonical; that of the package where it is one."""
    is_package: bool
    """Whether a requirement of that name brings it; else it is asked for as `app:NAME`."""
    about: str
    requires: tuple[ApplicationRequirement, ...] = ()
    keeps_out: tuple[KeptOut, ...] = ()
    extensions: tuple[ApplicationExtension, ...] = ()
    checks: tuple[ApplicationCheck, ...] = ()
    settings: tuple[ApplicationSetting, ...] = ()
    switches: tuple[ApplicationSwitch, ...] = ()
    limits: tuple[ApplicationLimit, ...] = ()
    provenance: Provenance

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The capabilities that have to be proven."""
        return tuple(check.capability for check in self.checks if check.capability is not None)

    @property
    def imports(self) -> tuple[str, ...]:
        """The distributions that have to be importable."""
        return tuple(check.imports for check in self.checks if check.imports is not None)
