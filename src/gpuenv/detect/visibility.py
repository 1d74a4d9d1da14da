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
    """Whether the ordinals in CUDA_VISIBLE_DEVICES cannot be read without asking CUDA.

    CUDA counts the fastest card first unless CUDA_DEVICE_ORDER is PCI_BUS_ID; the driver counts by bus.
    """
    text = environ.get(CUDA_VARIABLE)
    has_ordinals = text is not None and any(entry.strip().isdigit() for entry in text.split(","))
    is_mixed = len({gpu.name for gpu in gpus}) > 1
    return has_ordinals and is_mixed and environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID"


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
    if entry.startswith("MIG-"):
        parent = entry.removeprefix("MIG-").partition("/")[0] if entry.startswith("MIG-GPU-") else ""
        cards = [gpu for gpu in gpus if parent and gpu.uuid == parent]
        return cards[0] if cards else (gpus[0] if len({gpu.name for gpu in gpus}) == 1 else None)
    matching = [gpu for gpu in gpus if entry and gpu.uuid is not None and gpu.uuid.startswith(entry)]
    return matching[0] if len(matching) == 1 else None
