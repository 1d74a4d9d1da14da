"""The proof: checks run by the environment's own Python, and verdicts on native libraries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gpuenv.models.notice import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check."""

    name: str
    """`torch-import`, `torch-matmul-float32`."""
    status: Literal["passed", "failed", "skipped"]
    gpu: str | None = None
    """UUID or index of the GPU it ran on; None for what runs on no GPU."""
    code: str | None = None
    """Why it failed or was skipped."""
    detail: str = ""
    """Facts for people: the error text, the largest difference."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """All checks of one environment."""

    checks: tuple[Check, ...]
    device: Literal["cuda", "cpu"]
    facts: tuple[tuple[str, str], ...] = ()
    """What was measured on the way: torch version, CUDA version, cuDNN version."""
    notes: tuple[Notice, ...] = ()
    profile: tuple[tuple[str, str], ...] = ()
    """Capabilities and how they stand: `("fp16", "ok")`; else `fails`, `unsupported` (by GPU or build),
    `absent` (not installed), `untested`."""
    unproven: tuple[str, ...] = ()
    """The required capabilities that are not `ok`; with none required, those with a failed check."""

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status == "failed")

    @property
    def ran(self) -> bool:
        """Whether anything was run at all."""
        return any(check.status != "skipped" for check in self.checks)
