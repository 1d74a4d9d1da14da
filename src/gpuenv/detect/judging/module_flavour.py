"""Tells which NVIDIA kernel modules drive a card on Linux: the open ones, the proprietary ones, or either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from gpuenv.models.cuda import ComputeCapability

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import ArchitectureRow

Flavour = Literal["open", "proprietary"]

_TURING: Final = ComputeCapability(major=7, minor=5)
"""The open modules need the GPU System Processor, which came with this generation
(NVIDIA driver installation guide, kernel modules; read 2026-11)."""


def flavours(gpu: Gpu, rows: Sequence[ArchitectureRow]) -> frozenset[Flavour]:
    """Tell which modules drive a card; both where its capability is not known."""
    oldest = min(gpu.capabilities, default=None)
    if oldest is None:
        return frozenset({"open", "proprietary"})
    if oldest < _TURING:
        return frozenset({"proprietary"})
    is_open_only = any(row.open_kernel_module_only for row in rows if row.capability in gpu.capabilities)
    return frozenset({"open"}) if is_open_only else frozenset({"open", "proprietary"})


def wanted_flavour(gpus: Collection[Gpu], rows: Sequence[ArchitectureRow]) -> Flavour:
    """Choose the modules for some cards: those that some card cannot do without, the newer card first."""
    sets = [flavours(gpu, rows) for gpu in gpus]
    return "open" if frozenset({"open"}) in sets or frozenset({"proprietary"}) not in sets else "proprietary"


def exclude_each_other(
    gpus: Collection[Gpu], rows: Sequence[ArchitectureRow]
) -> tuple[tuple[Gpu, ...], tuple[Gpu, ...]] | None:
    """Find the cards that only open and those that only proprietary modules drive; None unless there are both."""
    only_open = tuple(gpu for gpu in gpus if flavours(gpu, rows) == {"open"})
    only_proprietary = tuple(gpu for gpu in gpus if flavours(gpu, rows) == {"proprietary"})
    return (only_open, only_proprietary) if only_open and only_proprietary else None
