"""What others changed in an environment after gpuenv had put it in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedState:
    """What gpuenv's last change of an environment left."""

    pins: Mapping[str, str]
    """Versions of the GPU family by canonical name."""
    versions: Mapping[str, str]
    """Versions of every distribution by canonical name."""
    installed_at: Mapping[str, float]
    """When each distribution that is there now was installed, in seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftCause:
    """A package, installed since, whose requirement brought another version of a family member."""

    project: str
    version: str
    requirement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One member of the family that is not any more what gpuenv installed."""

    project: str
    recorded: str
    found: str | None
    """None where it is gone."""
    installer: str | None
    """What installed it: `pip`, `uv`."""
    causes: tuple[DriftCause, ...] = ()
    """Empty where nobody asks for it: then it was installed by name."""
