"""Everything the sources told of a machine with an NVIDIA GPU, as far as it explains why one cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gpuenv.detect.answers import Answer
    from gpuenv.detect.kernel_driver import KernelDriver
    from gpuenv.detect.pci import PciGpu
    from gpuenv.detect.platform import Distribution
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.platform import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the sources told, by source."""

    pci: tuple[PciGpu, ...]
    """NVIDIA's cards on the bus."""
    answers: tuple[Answer, ...]
    kernel: KernelDriver
    platform: Platform
    distribution: Distribution
    container: str | None
    environ: Mapping[str, str]
    recognise: Callable[[], tuple[Gpu, ...]]
    """Names those cards, in their order; reads the matrix."""

    @property
    def labels(self) -> tuple[str, ...]:
        """How messages name the GPUs; one that is on no bus (WSL, Jetson) has no name."""
        return tuple(gpu.label for gpu in self.recognise()) or ("NVIDIA GPU",)

    @property
    def fault(self) -> Answer | None:
        """The first source that was there and says what is wrong."""
        return next((answer for answer in self.answers if answer.names_cause), None)
