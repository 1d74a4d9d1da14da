"""Applies CUDA_VISIBLE_DEVICES: which of the machine's GPUs a program started from here would see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.hardware import Gpu

CUDA_VARIABLE: Final = "CUDA_VISIBLE_DEVICES"
CONTAINER_VARIABLE: Final = "NVIDIA_VISIBLE_DEVICES"

_CONTAINER_NONE: Final = frozenset({"", "void", "none"})
_INSTANCE: Final = "MIG-"
_OLD_INSTANCE: Final = "MIG-GPU-"
"""Before R470 an instance was named after its card: `MIG-GPU-8cd1e8b6-.../1/0` (MIG user guide, device names)."""


def visible_gpus(gpus: Sequence[Gpu], environ: Mapping[str, str]) -> tuple[Gpu, ...]:
    """Keep the GPUs that CUDA_VISIBLE_DEVICES names, in its order; all of them where it is not set.

    As CUDA reads it: entries are ordinals or the beginnings of UUIDs, and the first one that names no device hides
    itself and all after it (CUDA C++ Programming Guide, environment variables). A MIG instance shows its card, with
    that instance alone.
    """
    text = environ.get(CUDA_VARIABLE)
    if text is None:
        return tuple(gpus)
    visible: dict[int, Gpu] = {}
    for entry in text.split(","):
        found = _named(entry.strip(), gpus)
        if found is None:
            break
        place, gpu = found
        visible.setdefault(place, gpu)
    return tuple(visible.values())


def order_is_uncertain(gpus: Sequence[Gpu], environ: Mapping[str, str]) -> bool:
    """Whether CUDA_VISIBLE_DEVICES cannot be read without asking CUDA.

    CUDA counts the fastest card first unless CUDA_DEVICE_ORDER is PCI_BUS_ID, while the driver counts by bus; and of
    a MIG instance that the driver did not list only CUDA knows the card.
    """
    text = environ.get(CUDA_VARIABLE)
    if text is None or len({gpu.name for gpu in gpus}) < 2:  # noqa: PLR2004 - any of equal cards is as good
        return False
    entries = [entry.strip() for entry in text.split(",")]
    has_ordinals = any(entry.isdigit() for entry in entries)
    has_strangers = any(entry.startswith(_INSTANCE) and _named(entry, gpus) is None for entry in entries)
    return has_strangers or (has_ordinals and environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID")


def hides_from_container(environ: Mapping[str, str]) -> bool:
    """Whether NVIDIA_VISIBLE_DEVICES told the container runtime to pass no GPU.

    An explanation for GPUs that are not there, never a reason to hide those that are: devices passed by CDI come
    with `void`, and outside containers the variable means nothing.
    """
    text = environ.get(CONTAINER_VARIABLE)
    return text is not None and text.strip().lower() in _CONTAINER_NONE


def has_nothing_to_show(gpu: Gpu) -> bool:
    """Whether CUDA shows nothing of a GPU: its MIG mode is on, and it has no instance."""
    return gpu.is_mig is True and gpu.mig_instances == ()


def _named(entry: str, gpus: Sequence[Gpu]) -> tuple[int, Gpu] | None:
    """Find the GPU that an entry names, with its place among them."""
    if entry.isdigit():
        return next(((place, gpu) for place, gpu in enumerate(gpus) if gpu.index == int(entry)), None)
    if entry.startswith(_INSTANCE):
        return _of_instance(entry, gpus)
    matching = [(place, gpu) for place, gpu in enumerate(gpus) if entry and (gpu.uuid or "").startswith(entry)]
    return matching[0] if len(matching) == 1 else None


def _of_instance(entry: str, gpus: Sequence[Gpu]) -> tuple[int, Gpu] | None:
    """Find the card of a MIG instance; among equal cards any stands for it where the driver listed no instances."""
    if entry.startswith(_OLD_INSTANCE):
        card = entry.removeprefix(_INSTANCE).partition("/")[0]
        return next(((place, gpu) for place, gpu in enumerate(gpus) if gpu.uuid == card), None)
    matching = [
        (place, replace(gpu, mig_instances=(instance,)))
        for place, gpu in enumerate(gpus)
        for instance in gpu.mig_instances or ()
        if instance.uuid is not None and instance.uuid.startswith(entry)
    ]
    if matching:
        return matching[0] if len(matching) == 1 else None
    are_equal = len({gpu.name for gpu in gpus}) == 1
    return (0, gpus[0]) if are_equal and not any(gpu.mig_instances for gpu in gpus) else None
