"""Tells of cards that the loaded, or any, NVIDIA kernel module does not drive, beside one that it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.detect.judging.driver_advice import advise_driver, no_common_branch
from gpuenv.detect.judging.module_flavour import exclude_each_other, flavours
from gpuenv.detect.platform import read_distribution
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.detect.judging.scene import Scene
    from gpuenv.models.hardware import Gpu


def module_conflict(scene: Scene, gpus: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Tell that no driver drives all of these cards: by its kernel modules on Linux, or by its branch anywhere."""
    rows = scene.architectures()
    apart = exclude_each_other(gpus, rows) if scene.platform.driver_system == "linux" else None
    if apart is not None:
        only_open, only_proprietary = apart
        return (
            Notice.of(
                "kernel-modules-exclude-each-other",
                only_open=tuple(gpu.label for gpu in only_open),
                only_proprietary=tuple(gpu.label for gpu in only_proprietary),
            ),
        )
    branches = no_common_branch(gpus, rows)
    if branches is None:
        return ()
    oldest, newest = branches
    return (Notice.of("no-driver-for-all-gpus", gpus=tuple(gpu.label for gpu in gpus), oldest=oldest, newest=newest),)


def flavour_misfits(scene: Scene, undriven: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Tell of the cards that the loaded flavour of the kernel module cannot drive, with the flavour that does."""
    loaded = scene.kernel.flavour
    rows = scene.architectures()
    misfits = tuple(gpu for gpu in undriven if loaded is not None and loaded not in flavours(gpu, rows))
    if not misfits:
        return ()
    advice = advise_driver(scene.platform, read_distribution(scene.root), misfits, rows)
    return (
        Notice.of(
            "open-kernel-module-needed" if loaded == "proprietary" else "proprietary-kernel-module-needed",
            gpus=tuple(gpu.label for gpu in misfits),
            version=scene.driver_version,
            before=advice.before,
            command=advice.command,
            after="sudo reboot",
        ),
    )
