"""The proof: checks run by the environment's own Python, and verdicts on native libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.models.diagnosis import Diagnosis
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
    cause: str | None = None
    """The code of what a failure comes from, where its text or the versions tell (`VerificationReport.causes`)."""


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
    causes: tuple[Diagnosis, ...] = ()
    """What the failures come from, as far as their texts and the machine tell: the heaviest first."""
    workarounds: tuple[Notice, ...] = ()
    """For each capability that fails what a program can do about it; the fact `capability` names it."""

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status == "failed")

    @property
    def ran(self) -> bool:
        """Whether anything was run at all."""
        return any(check.status != "skipped" for check in self.checks)
