"""Applies CUDA_VISIBLE_DEVICES: which of the machine's GPUs a program started from here would see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.hardware import Gpu

CUDA_VARIABLE: Final = "CUDA_VISIBLE_DEVICES"
CONTAINER_VARIABLE: Final = "NVIDIA_VISIBLE_DEVICES"

_CONTAINER_NONE: Final = frozenset({"", "void", "none"})


def visible_gpus(gpus: Sequence[Gpu], environ: Mapping[str, str]) -> tuple[Gpu, ...]:
    """Keep the GPUs that CUDA_VISIBLE_DEVICES names, in its order; all of them where it is not set.

    As CUDA reads it: entries are ordinals or the beginnings of UUIDs, and the first one that names no device hides
    itself and all after it (CUDA C++ Programming Guide, environment variables). A MIG instance shows its card.
    """
    text = environ.get(CUDA_VARIABLE)
    if text is None:
        return tuple(gpus)
    visible: list[Gpu] = []
    for entry in text.split(","):
        found = _named(entry.strip(), gpus)
        if found is None:
            break
        visible.append(found)
    return tuple(dict.fromkeys(visible))


def order_is_uncertain(gpus: Sequence[Gpu], environ: Mapping[str, str]) -> bool:
    """Whether CUDA_VISIBLE_DEVICES cannot be read without asking CUDA.

    CUDA counts the fastest card first unless CUDA_DEVICE_ORDER is PCI_BUS_ID, while the driver counts by bus; and only
    CUDA knows the card of a MIG instance.
    """
    text = environ.get(CUDA_VARIABLE)
    if text is None or len({gpu.name for gpu in gpus}) < 2:  # noqa: PLR2004 - any of equal cards is as good
        return False
    entries = [entry.strip() for entry in text.split(",")]
    has_ordinals = any(entry.isdigit() for entry in entries)
    has_instances = any(entry.startswith("MIG-") for entry in entries)
    return has_instances or (has_ordinals and environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID")


def hides_from_container(environ: Mapping[str, str]) -> bool:
    """Whether NVIDIA_VISIBLE_DEVICES told the container runtime to pass no GPU.

    An explanation for GPUs that are not there, never a reason to hide those that are: devices passed by CDI come
    with `void`, and outside containers the variable means nothing.
    """
    text = environ.get(CONTAINER_VARIABLE)
    return text is not None and text.strip().lower() in _CONTAINER_NONE


def _named(entry: str, gpus: Sequence[Gpu]) -> Gpu | None:
    if entry.isdigit():
        return next((gpu for gpu in gpus if gpu.index == int(entry)), None)
    if entry.startswith("MIG-") and len({gpu.name for gpu in gpus}) == 1:
        return gpus[0]
    matching = [gpu for gpu in gpus if entry and gpu.uuid is not None and gpu.uuid.startswith(entry)]
    return matching[0] if len(matching) == 1 else None
