"""What will be removed, installed and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


Step = Remove | Install | Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that will happen to an environment, in order: removals, installs, then what stays."""

    steps: tuple[Step, ...]
    is_complete: bool = True
    """False where the engine could not be asked (offline): dependencies outside the family are not listed."""
    inconsistent: tuple[Notice, ...] = ()
    """Installed packages whose requirements are met now and would not be any more."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return all(isinstance(step, Keep) for step in self.steps)

    @property
    def removals(self) -> tuple[Remove, ...]:
        """The distributions that go and are not replaced."""
        return tuple(step for step in self.steps if isinstance(step, Remove))

    @property
    def installs(self) -> tuple[Install, ...]:
        """The distributions that come."""
        return tuple(step for step in self.steps if isinstance(step, Install))
