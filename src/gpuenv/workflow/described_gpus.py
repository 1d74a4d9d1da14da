"""Makes GPUs of the names that a user gives them, and tells which platform such cards come with."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from gpuenv.errors import UsageError
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gpuenv.models.matrix import GpuModel
    from gpuenv.models.platform import PlatformName

_ALONE: Final = frozenset({"cpu", "current-gpu", "auto"})
"""Targets that are no name of a GPU: an environment is for one of them, or for GPUs that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedGpus:
    """The GPUs of `--target rtx-5090,t4`."""

    gpus: tuple[Gpu, ...]
    platforms: tuple[PlatformName | None, ...]
    """For each GPU the only platform that it is sold for; None: any, or only its capability was named."""
    notes: tuple[Notice, ...] = ()

    @property
    def platform(self) -> PlatformName | None:
        """The one platform that all of them are sold for; None where any of them goes anywhere."""
        return self.platforms[0] if len(set(self.platforms)) == 1 else None

    def misplaced(self, platform: PlatformName) -> tuple[str, ...]:
        """Name the GPUs that no machine of a platform has; the resolver itself refuses a Jetson's there."""
        return tuple(
            gpu.label
            for gpu, home in zip(self.gpus, self.platforms, strict=True)
            if home not in {None, platform} and not any(capability.is_tegra for capability in gpu.capabilities)
        )


def platform_of_cards(target: str, gpu_models: Callable[[], Sequence[GpuModel]]) -> PlatformName | None:
    """Tell the one platform that all cards of a list are sold for; None where any goes anywhere, or is not known."""
    try:
        return describe_gpus(target, gpu_models).platform
    except UsageError:
        return None


def describe_gpus(target: str, gpu_models: Callable[[], Sequence[GpuModel]]) -> DescribedGpus:
    """Make the GPUs of names joined by commas: `sm_120`, `12.0` or a name; a name with two capabilities keeps both.

    Raises `UsageError`: `unknown-gpu`, `target-mixed` where a word that is a whole target stands beside GPUs.
    """
    names = [name.strip() for name in target.split(",") if name.strip()]
    if not names:
        raise UsageError("unknown-gpu", name=target, near=())
    alone = next((name for name in names if name in _ALONE), None)
    if alone is not None:
        gpus = ",".join(name for name in names if name not in _ALONE)
        raise UsageError("target-mixed", word=alone, gpus=gpus or None)
    found = [_described(name, index, gpu_models) for index, name in enumerate(names)]
    return DescribedGpus(
        gpus=tuple(gpu for gpu, _, _ in found),
        platforms=tuple(platform for _, platform, _ in found),
        notes=tuple(dict.fromkeys(note for _, _, notes in found for note in notes)),
    )


def _described(
    name: str, index: int, gpu_models: Callable[[], Sequence[GpuModel]]
) -> tuple[Gpu, PlatformName | None, tuple[Notice, ...]]:
    from gpuenv.matrix.gpu_names import find_gpu  # noqa: PLC0415 - the table of names is large

    try:
        capability = ComputeCapability.parse(name)
    except ValueError:
        found = find_gpu(name, gpu_models())
    else:
        return Gpu(name=capability.sm, capabilities=(capability,), probe=Probe.DESCRIBED, index=index), None, ()
    capabilities = tuple(sorted({model.capability for model in found.models}))
    is_exact = len(found.models) == 1 and found.vgpu_series is None
    gpu = Gpu(
        name=found.models[0].name if is_exact else name, capabilities=capabilities, probe=Probe.DESCRIBED, index=index
    )
    platforms = {model.platform for model in found.models}
    platform = next(iter(platforms)) if len(platforms) == 1 else None
    return gpu, platform, _of_vgpu(name, found.vgpu_series, [model.name for model in found.models])


def _of_vgpu(name: str, series: str | None, cards: Sequence[str]) -> tuple[Notice, ...]:
    """Say what has to be known of a virtual GPU: not every profile runs CUDA at all."""
    # Boards of one card have the beginning of their names in common: `Tesla V100-PCIE-16GB`, `Tesla V100-SXM2-32GB`.
    words = zip(*(card.replace("-", " ").split() for card in cards), strict=False)
    card = " ".join(first for first, *_ in takewhile(lambda same: len(set(same)) == 1, words))
    match series:
        case None:
            return ()
        case "A" | "B":
            return (Notice.of("vgpu-without-cuda", gpu=name, card=card, series=series),)
        case _:
            return (Notice.of("vgpu-as-its-card", gpu=name, card=card, series=series),)
