"""Judges whether the GPUs of a machine can be used by a program started from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.detect.judging.oddities import oddities
from gpuenv.detect.judging.problems import explain_unusable, hidden, musl, refused_libcuda, without_instances
from gpuenv.detect.judging.visibility import has_nothing_to_show, order_is_uncertain, visible_gpus
from gpuenv.detect.sources.driver_sources import ask_libcuda
from gpuenv.detect.sources.pci import plain_bus
from gpuenv.models.hardware import Presence, Probe

if TYPE_CHECKING:
    from gpuenv.detect.judging.scene import Scene
    from gpuenv.detect.sources.deadline import Deadline
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.notice import Notice

    Judgement = tuple[Presence, tuple[Gpu, ...], tuple[Notice, ...]]


def judge_driven(scene: Scene, gpus: tuple[Gpu, ...], deadline: Deadline) -> Judgement:
    """Judge the GPUs that the driver told of: the presence, the GPUs that it speaks of, what is wrong or odd."""
    if scene.platform.name.startswith("linux") and scene.platform.glibc is None:
        return Presence.UNUSABLE, gpus, (musl(scene, gpus),)
    visible = _visible(scene, gpus, deadline)
    refused = refused_libcuda(scene, visible)
    if refused:
        return Presence.UNUSABLE, visible, refused
    if not visible:
        return Presence.UNUSABLE, gpus, (hidden(scene, gpus),)
    undivided = without_instances(scene, visible)
    usable = tuple(gpu for gpu in visible if not has_nothing_to_show(gpu))
    if not usable:
        return Presence.UNUSABLE, visible, undivided
    return Presence.PRESENT, usable, (*undivided, *oddities(scene, gpus))


def judge_undriven(scene: Scene) -> Judgement:
    """Judge a machine with an NVIDIA GPU that no source of the driver showed."""
    return Presence.UNUSABLE, scene.recognised(), explain_unusable(scene)


def _visible(scene: Scene, gpus: tuple[Gpu, ...], deadline: Deadline) -> tuple[Gpu, ...]:
    """Apply CUDA_VISIBLE_DEVICES; where only CUDA can read it, by what CUDA then shows."""
    if any(gpu.probe is Probe.LIBCUDA for gpu in gpus):
        return gpus
    if order_is_uncertain(gpus, scene.environ):
        answer = ask_libcuda(scene.environ, root=scene.root, deadline=deadline, with_devices=True)
        if answer.is_ok:
            by_bus = {plain_bus(gpu.pci_bus_id): gpu for gpu in gpus}
            shown = (by_bus.get(plain_bus(gpu.pci_bus_id)) for gpu in answer.gpus)
            return tuple(dict.fromkeys(gpu for gpu in shown if gpu is not None))
    return visible_gpus(gpus, scene.environ)
