"""A coded fact for the reader: a warning, a cause, a reason. Its sentence is made in `report/messages`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.errors import ContextValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A kebab-case code and the facts that its sentence names, as sorted pairs so that notices can be hashed."""

    code: str
    facts: tuple[tuple[str, ContextValue], ...] = ()

    @classmethod
    def of(cls, code: str, /, **facts: ContextValue) -> Notice:
        """Build a notice from keywords: `Notice.of("ptx-only", gpu="RTX 5090")`."""
        return cls(code=code, facts=tuple(sorted(facts.items())))

    @property
    def context(self) -> Mapping[str, ContextValue]:
        """The facts by name."""
        return dict(self.facts)
