"""What the user asks for."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from gpuenv.models.extension import Pairing
    from gpuenv.models.index import Source
    from gpuenv.models.typed_command import TypedCommand

GPU_FAMILY: Final = ("torch", "torchvision", "torchaudio", "onnxruntime-gpu")
"""The packages whose builds gpuenv chooses; everything else is left to the engine."""


class IndexPolicy(Enum):
    """Where builds of the GPU family may come from."""

    AUTO = "auto"
    PYTORCH = "pytorch"
    PYPI = "pypi"
    LOCATION = "location"
    """One mirror or folder, named by the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The requirements and how they may be met."""

    requirements: tuple[Requirement, ...]
    """Of the GPU family, after markers were applied; none where everything asked for needs none of it."""
    optional: frozenset[str] = frozenset()
    """Projects of `requirements` that may be left out where the source has no pair (with a warning)."""
    others: tuple[str, ...] = ()
    """Requirements outside the family, as written: they go to the engine as they stand."""
    constraints: tuple[str, ...] = ()
    """Limits on other packages, from `-c` lines of requirement files."""
    pairings: tuple[Pairing, ...] = ()
    """The extensions that were asked for, and which torch each goes with."""
    policy: IndexPolicy = IndexPolicy.AUTO
    sources: tuple[Source, ...] = ()
    """Where builds may come from, in order of trust; made from the policy and the user's configuration."""
    channel: Literal["stable", "nightly"] = "stable"
    upgrade: bool = False
    """Take the newest of every member instead of what works already."""
    upgraded: frozenset[str] = frozenset()
    """Members that alone are to be the newest: the others move only where they have to agree with these (rule 6)."""
    upgraded_others: tuple[str, ...] = ()
    """Projects of `others` that are to be the newest."""
    typed: TypedCommand | None = field(default=None, compare=False)
    """The command that asks this, where one was typed: for hints."""

    def requirement(self, name: str) -> Requirement | None:
        """The request for that project, or None when it was not asked for."""
        return next((found for found in self.requirements if found.name == name), None)
