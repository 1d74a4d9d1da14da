"""Explains why an NVIDIA GPU that is there cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.detect.judging.driver_advice import advise_driver, branches_of
from gpuenv.detect.judging.driver_packages import ELSEWHERE, key_file
from gpuenv.detect.judging.misfits import flavour_misfits, module_conflict
from gpuenv.detect.judging.visibility import (
    CONTAINER_VARIABLE,
    CUDA_VARIABLE,
    has_nothing_to_show,
    hides_from_container,
)
from gpuenv.detect.platform import read_distribution
from gpuenv.detect.sources.libraries import find_libcuda_version
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.detect.judging.scene import Scene
    from gpuenv.detect.sources.answers import Answer
    from gpuenv.models.hardware import Gpu

_NO_DEVICE: Final = "driver-no-device"
_NOT_LOADED: Final = "driver-not-loaded"

_HELD: Final = "vfio-pci"
_CONSUMER: Final = ("NVIDIA GeForce", "GeForce", "NVIDIA TITAN", "TITAN")
_REBOOT: Final = "sudo reboot"

_PASSING: Final = {
    "docker": "docker run --gpus all IMAGE",
    "podman": "podman run --device nvidia.com/gpu=all IMAGE",
    "apptainer": "apptainer exec --nv IMAGE CMD",
    "containerd": "ctr run --gpus 0 IMAGE NAME",
    "kubernetes": "kubectl set resources deployment NAME --limits=nvidia.com/gpu=1",
    "lxc": "lxc config device add NAME gpu gpu",
}
"""How the GPUs are passed into a container, by runtime."""


def explain_unusable(scene: Scene) -> tuple[Notice, ...]:
    """Say why no GPU can be used although there is one: the reason first, what adds to it after."""
    fault = scene.fault
    if scene.wsl_generation == 1:
        return (_first_wsl(scene),)
    if fault is not None and not (fault.fault == _NOT_LOADED and scene.container):
        is_unloaded = fault.outcome == _NOT_LOADED
        return (_driver_fault(scene, fault), *(_obstacles(scene) if is_unloaded else ()))
    return broken_devices(scene) or _missing_link(scene)


def refused_libcuda(scene: Scene, visible: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Tell of a cuda-compat libcuda beside cards that refuse it: no CUDA program starts there (error 804).

    Only data-centre cards and Jetson take a libcuda newer than the kernel module (CUDA compatibility, forward).
    """
    libcuda = find_libcuda_version(scene.environ, root=scene.root)
    kernel = scene.kernel.version
    refusing = tuple(gpu.label for gpu in visible if gpu.name.startswith(_CONSUMER))
    if libcuda is None or kernel is None or libcuda[1] <= kernel or not refusing:
        return ()
    path, version = libcuda
    return (_refused(scene, refusing, detail=f"{path}: {version}, {kernel}"),)


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


def musl(scene: Scene, gpus: Sequence[Gpu]) -> Notice:
    """Say that no build is for this C library, whatever the GPU (Alpine Linux and its like)."""
    is_docker = scene.container == "docker"
    return Notice.of(
        "musl-has-no-builds",
        gpus=tuple(gpu.label for gpu in gpus),
        command="docker run --gpus all -it debian:stable" if is_docker else None,
    )


def broken_devices(scene: Scene) -> tuple[Notice, ...]:
    """Name the devices that the driver lists and cannot describe, each once."""
    broken = {device.place: device for answer in scene.answers for device in answer.broken}
    return tuple(Notice.of("gpu-device-failed", place=found.place, detail=found.detail) for found in broken.values())


def without_instances(scene: Scene, gpus: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Name the GPUs whose MIG mode is on and that have no instance: CUDA shows nothing of them."""
    return tuple(
        Notice.of(
            "mig-without-instances",
            gpu=gpu.label,
            index=None if scene.container else gpu.index,
        )
        for gpu in gpus
        if has_nothing_to_show(gpu)
    )


def _missing_link(scene: Scene) -> tuple[Notice, ...]:
    """Name what stands between the card and a driver that complains of nothing."""
    if scene.container is not None and not scene.platform.is_wsl:
        return (_not_passed(scene),)
    if scene.kernel.is_tegra:
        return (Notice.of("driver-missing-jetson"),)
    if scene.pci and all(gpu.bound_to == _HELD for gpu in scene.pci):
        return (_held(scene),)
    if any(answer.is_ok or answer.fault == _NO_DEVICE for answer in scene.answers):
        return flavour_misfits(scene, scene.recognised()) or (_unserved(scene),)
    return _incomplete_driver(scene)


def _unserved(scene: Scene) -> Notice:
    """Tell a driver of the wrong branch from one that could drive the card and did not get it started."""
    version = scene.driver_version
    branches = branches_of(scene.recognised(), scene.architectures())
    if version is not None and branches is not None and int(version.partition(".")[0]) in branches:
        return Notice.of("gpu-not-started", gpus=scene.labels, version=version)
    return _with_advice("driver-does-not-serve-gpu", scene, version=version)


def _incomplete_driver(scene: Scene) -> tuple[Notice, ...]:
    """Name what is missing of a driver that nothing is heard of."""
    if scene.kernel.is_loaded:
        return (_with_advice("driver-library-missing", scene, version=str(scene.kernel.version)),)
    if scene.has_undriven_windows_gpu:
        return (_with_advice("wsl-windows-driver-missing", scene),)
    if scene.platform.is_wsl:
        return (Notice.of("wsl-libraries-missing"),)
    return (_with_advice("driver-missing", scene), *module_conflict(scene, scene.recognised()), *_first_steps(scene))


def _driver_fault(scene: Scene, answer: Answer) -> Notice:
    if answer.outcome == "forward-compat-refused":
        return _refused(scene, scene.labels, detail=answer.detail)
    if answer.outcome != "driver-library-mismatch":
        return Notice.of(answer.outcome, gpus=scene.labels, detail=answer.detail)
    return Notice.of(
        answer.outcome,
        gpus=scene.labels,
        kernel=str(scene.kernel.version) if scene.kernel.version else None,
        detail=answer.detail,
        command=None if scene.container else _REBOOT,
    )


def _refused(scene: Scene, gpus: tuple[str, ...], *, detail: str) -> Notice:
    """Tell of a libcuda that the card refuses; what was put before the driver's own by a variable can be taken off."""
    command = "unset LD_LIBRARY_PATH" if scene.environ.get("LD_LIBRARY_PATH") else None
    return Notice.of("forward-compat-refused", gpus=gpus, detail=detail, command=command)


def _obstacles(scene: Scene) -> tuple[Notice, ...]:
    """Name what keeps an installed module from loading, where it can be seen."""
    notices = []
    if scene.kernel.is_nouveau_loaded:
        notices.append(Notice.of("nouveau-in-use"))
    if scene.kernel.is_secure_boot_on:
        notices.append(Notice.of("secure-boot-on", key=key_file(read_distribution(scene.root))))
    return tuple(notices)


def _held(scene: Scene) -> Notice:
    """Say that every card is kept for virtual machines; libvirt names devices by their place."""
    places = tuple(gpu.bus_id for gpu in scene.pci)
    device = places[0].replace(":", "_").replace(".", "_")
    return Notice.of(
        "gpu-held-for-vm", gpus=scene.labels, bus=places, command=f"sudo virsh nodedev-reattach pci_{device}"
    )


def _first_steps(scene: Scene) -> tuple[Notice, ...]:
    """Name what a driver that is about to be installed will meet, where it can be seen."""
    notices = []
    if scene.kernel.is_nouveau_loaded:
        notices.append(Notice.of("nouveau-until-restart"))
    if scene.kernel.is_secure_boot_on:
        notices.append(Notice.of("secure-boot-asks-for-key", key=key_file(read_distribution(scene.root))))
    return tuple(notices)


def _first_wsl(scene: Scene) -> Notice:
    """Say that the first generation of WSL has no GPUs; it names its distribution in a variable."""
    return Notice.of("wsl-1-has-no-gpu", distribution=scene.environ.get("WSL_DISTRO_NAME"))


def _not_passed(scene: Scene) -> Notice:
    if not scene.kernel.is_loaded:
        return Notice.of("driver-missing-on-host", gpus=scene.labels, container=scene.container, command=ELSEWHERE)
    if hides_from_container(scene.environ):
        return Notice.of(
            "gpu-hidden-from-container",
            gpus=scene.labels,
            variable=CONTAINER_VARIABLE,
            value=scene.environ.get(CONTAINER_VARIABLE, ""),
            command=f"docker run --gpus all -e {CONTAINER_VARIABLE}=all IMAGE"
            if scene.container == "docker"
            else _PASSING.get(scene.container or ""),
        )
    return Notice.of(
        "gpu-not-passed",
        gpus=scene.labels,
        container=scene.container,
        command=_PASSING.get(scene.container or ""),
    )


def _with_advice(code: str, scene: Scene, **facts: str | None) -> Notice:
    advice = advise_driver(scene.platform, read_distribution(scene.root), scene.recognised(), scene.architectures())
    is_linux = scene.platform.driver_system == "linux"
    return Notice.of(
        code,
        gpus=scene.labels,
        branch=advice.branch,
        before=advice.before,
        command=advice.command,
        after=_REBOOT if is_linux else None,
        **facts,
    )
