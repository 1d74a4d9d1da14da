"""Explains why an NVIDIA GPU that is there cannot be used, or what is odd although it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.detect.driver_advice import advise_driver
from gpuenv.detect.libraries import find_libcuda_version
from gpuenv.detect.pci import plain_bus
from gpuenv.detect.visibility import CONTAINER_VARIABLE, CUDA_VARIABLE, hides_from_container
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpuenv.detect.answers import Answer
    from gpuenv.detect.scene import Scene
    from gpuenv.models.hardware import Gpu

_NO_DEVICE: Final = "driver-no-device"
_NOT_LOADED: Final = "driver-not-loaded"

_HELD: Final = "vfio-pci"
_DRIVEN: Final = "nvidia"
"""What NVIDIA's module holds and NVML does not show was kept from this process (a scheduler's cgroup): no fault."""
_CONSUMER: Final = ("NVIDIA GeForce", "GeForce", "NVIDIA TITAN", "TITAN")
_REBOOT: Final = "sudo reboot"

_PASSING: Final = {
    "docker": "docker run --gpus all IMAGE",
    "podman": "podman run --device nvidia.com/gpu=all IMAGE",
    "apptainer": "apptainer exec --nv IMAGE CMD",
}
"""How the GPUs are passed into a container, by runtime."""


def explain_unusable(scene: Scene) -> tuple[Notice, ...]:
    """Say why no GPU can be used although there is one: the reason first, what adds to it after."""
    fault = scene.fault
    if fault is not None and not (fault.fault == _NOT_LOADED and scene.container):
        return (_driver_fault(scene, fault), *_obstacles(scene, fault))
    return broken_devices(scene) or (_missing_link(scene),)


def refused_libcuda(scene: Scene, visible: Sequence[Gpu], *, root: Path) -> tuple[Notice, ...]:
    """Tell of a cuda-compat libcuda beside cards that refuse it: no CUDA program starts there (error 804).

    Only data-centre cards and Jetson take a libcuda newer than the kernel module (CUDA compatibility, forward).
    """
    libcuda = find_libcuda_version(scene.environ, root=root)
    kernel = scene.kernel.version
    refusing = tuple(gpu.label for gpu in visible if gpu.name.startswith(_CONSUMER))
    if libcuda is None or kernel is None or libcuda[1] <= kernel or not refusing:
        return ()
    path, version = libcuda
    detail = f"{path}: {version}, {kernel}"
    return (Notice.of("forward-compat-refused", gpus=refusing, detail=detail),)


def _missing_link(scene: Scene) -> Notice:
    """Name what stands between the card and a driver that complains of nothing."""
    if scene.container is not None and not scene.platform.is_wsl:
        return _not_passed(scene)
    if scene.kernel.is_tegra:
        return Notice.of("driver-missing-jetson")
    if scene.pci and all(gpu.bound_to == _HELD for gpu in scene.pci):
        return Notice.of("gpu-held-for-vm", gpus=scene.labels, bus=tuple(gpu.bus_id for gpu in scene.pci))
    if any(answer.is_ok or answer.fault == _NO_DEVICE for answer in scene.answers):
        return _with_advice("driver-does-not-serve-gpu", scene, version=_driver_version(scene))
    if scene.kernel.is_loaded:
        return _with_advice("driver-library-missing", scene, version=str(scene.kernel.version))
    return _with_advice("driver-missing-wsl" if scene.platform.is_wsl else "driver-missing", scene)


def hidden(scene: Scene, gpus: Sequence[Gpu]) -> Notice:
    """Say that CUDA_VISIBLE_DEVICES hides every GPU."""
    is_windows = scene.platform.name.startswith("windows")
    return Notice.of(
        "gpu-hidden",
        gpus=tuple(gpu.label for gpu in gpus),
        variable=CUDA_VARIABLE,
        value=scene.environ.get(CUDA_VARIABLE, ""),
        command=f"set {CUDA_VARIABLE}=" if is_windows else f"unset {CUDA_VARIABLE}",
    )


def oddities(scene: Scene, driven: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Say what is odd on a machine with a usable GPU: devices that failed, cards that no driver drives."""
    broken = broken_devices(scene)
    places = {plain_bus(gpu.pci_bus_id) for gpu in driven}
    if scene.container is not None or broken or None in places:
        return broken
    missing = {gpu.bus_id for gpu in scene.pci if gpu.bus_id not in places and gpu.bound_to != _DRIVEN}
    if not missing:
        return ()
    return tuple(
        Notice.of("gpu-not-driven", gpu=gpu.label, bus=gpu.pci_bus_id)
        for gpu in scene.recognise()
        if gpu.pci_bus_id in missing
    )


def broken_devices(scene: Scene) -> tuple[Notice, ...]:
    """Name the devices that the driver lists and cannot describe, each once."""
    broken = {device.place: device for answer in scene.answers for device in answer.broken}
    return tuple(Notice.of("gpu-device-failed", place=found.place, detail=found.detail) for found in broken.values())


def _driver_fault(scene: Scene, answer: Answer) -> Notice:
    if answer.outcome != "driver-library-mismatch":
        return Notice.of(answer.outcome, gpus=scene.labels, detail=answer.detail)
    return Notice.of(
        answer.outcome,
        gpus=scene.labels,
        kernel=str(scene.kernel.version) if scene.kernel.version else None,
        detail=answer.detail,
        command=None if scene.container else _REBOOT,
    )


def _obstacles(scene: Scene, fault: Answer) -> tuple[Notice, ...]:
    """Name what keeps an installed module from loading, where it can be seen."""
    if fault.outcome != _NOT_LOADED:
        return ()
    notices = []
    if scene.kernel.is_nouveau_loaded:
        notices.append(Notice.of("nouveau-in-use"))
    if scene.kernel.is_secure_boot_on:
        notices.append(Notice.of("secure-boot-on"))
    return tuple(notices)


def _not_passed(scene: Scene) -> Notice:
    if not scene.kernel.is_loaded:
        return Notice.of("driver-missing-on-host", gpus=scene.labels, container=scene.container)
    if hides_from_container(scene.environ):
        return Notice.of(
            "gpu-hidden-from-container",
            gpus=scene.labels,
            variable=CONTAINER_VARIABLE,
            value=scene.environ.get(CONTAINER_VARIABLE, ""),
            command=f"docker run --gpus all -e {CONTAINER_VARIABLE}=all IMAGE" if scene.container == "docker" else None,
        )
    return Notice.of(
        "gpu-not-passed",
        gpus=scene.labels,
        container=scene.container,
        command=_PASSING.get(scene.container or ""),
    )


def _with_advice(code: str, scene: Scene, **facts: str | None) -> Notice:
    capabilities = [capability for gpu in scene.recognise() for capability in gpu.capabilities]
    advice = advise_driver(scene.platform, scene.distribution, capabilities)
    is_linux = scene.platform.driver_system == "linux"
    return Notice.of(
        code,
        gpus=scene.labels,
        branch=advice.branch,
        before=advice.before,
        command=advice.command,
        after=_REBOOT if is_linux and advice.command else None,
        **facts,
    )


def _driver_version(scene: Scene) -> str | None:
    told = [answer.driver_version for answer in scene.answers if answer.driver_version]
    return str(told[0]) if told else str(scene.kernel.version) if scene.kernel.version else None
