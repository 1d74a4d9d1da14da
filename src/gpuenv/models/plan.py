"""What will be removed, installed and kept."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.version import Version

    from gpuenv.models.notice import Notice
    from gpuenv.models.resolution import Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """An installed distribution goes."""

    project: str
    version: Version
    reason: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """A distribution comes, in place of `replaces` if that is set."""

    project: str
    version: Version
    reason: Notice
    replaces: Version | None = None
    is_family: bool = False
    """Whether gpuenv chose it; the others are what the engine's resolver added."""
    pin: Pin | None = None
    """Where a family member comes from."""
    size_bytes: int | None = None
    """What is downloaded for it, where the index tells; less where the engine has it in its cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """An installed distribution stays as it is."""

    project: str
    version: Version
    reason: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """What an extension is compiled with."""

    kind: Literal["toolkit", "wheels"]
    """`toolkit`: one of this machine. `wheels`: fetched into gpuenv's cache, unless it is there."""
    cuda: str
    """`13.0`"""
    folder: str | None
    """What `CUDA_HOME` will name; None where it is still to be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """An extension is compiled for the target's GPUs, against the torch of the plan, and installed."""

    project: str
    """Canonical."""
    source: str = field(repr=False)
    """What it is built from, as `gpuenv build` takes it: may hold credentials."""
    application: str | None
    """What needs it; None where it was asked for itself."""
    import_check: str
    """Python statements that show whether it works; empty: each extension module is imported."""
    torch: str
    """The version that it is compiled against: `2.15.0+cu130`."""
    torch_tag: str | None
    architectures: tuple[str, ...]
    """Compute capabilities: `12.0`."""
    reason: Notice
    replaces: Version | None = None
    files: int | None = None
    """How many files are compiled, where that is known: one takes about a minute."""
    minutes: int | None = None
    """What it will take on this machine, roughly; None where nobody can tell."""
    compiler: Compiler | None = None
    """None where it is compiled on another machine."""


Step = Remove | Install | Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that will happen to an environment, in order: removals, installs, what stays; then what is built."""

    steps: tuple[Step, ...]
    is_complete: bool = True
    """False where the engine could not be asked (offline): dependencies outside the family are not listed."""
    inconsistent: tuple[Notice, ...] = ()
    """Installed packages whose requirements are met now and would not be any more."""
    builds: tuple[Build, ...] = ()
    """Extensions to be compiled once everything else is installed, in this order."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.builds and all(isinstance(step, Keep) for step in self.steps)

    @property
    def removals(self) -> tuple[Remove, ...]:
        """The distributions that go and are not replaced."""
        return tuple(step for step in self.steps if isinstance(step, Remove))

    @property
    def installs(self) -> tuple[Install, ...]:
        """The distributions that come."""
        return tuple(step for step in self.steps if isinstance(step, Install))
