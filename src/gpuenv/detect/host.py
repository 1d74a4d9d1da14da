"""Detects the GPUs and the driver of this machine.

The sources, in the order in which they are asked and trusted; each has a module that reads and parses apart:

1. `overrides`: GPUENV_GPUS and GPUENV_DRIVER. What the user states is not detected.
2. `nvml`: the driver's management library. Tells everything, of every card, whatever CUDA_VISIBLE_DEVICES says.
3. `libcuda`: what programs load. Asked where NVML is silent or cannot tell (Jetson, containers with only `compute`,
   ordinals in CUDA_VISIBLE_DEVICES on a machine with different cards).
4. `nvidia_smi`: where neither library told of a GPU.
5. `kernel_driver`: the loaded kernel module. Always read: it tells a missing driver from a mismatched one.
6. `pci`, on Windows `windows_adapters`: the cards themselves, driven or not, and other vendors' GPUs.

What hangs, or names a fault of the driver as a whole, ends the asking: the next source would meet the same.
Modules are loaded where a source turns out to exist: on a machine without a GPU this is a matter of milliseconds.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from gpuenv.detect.answers import ABSENT, Answer
from gpuenv.detect.bus import read_bus
from gpuenv.detect.kernel_driver import read_kernel_driver
from gpuenv.detect.libraries import LIBCUDA, NVML, find_driver_library
from gpuenv.detect.overrides import probe_timeout_s, stated_driver, stated_gpus
from gpuenv.detect.platform import ROOT, detect_container, detect_platform, read_distribution
from gpuenv.models.hardware import Driver, HostFacts, Presence, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gpuenv.detect.bus import Bus
    from gpuenv.detect.kernel_driver import KernelDriver
    from gpuenv.detect.scene import Scene
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import GpuModel
    from gpuenv.models.notice import Notice
    from gpuenv.models.platform import Platform
    from gpuenv.models.surroundings import Surroundings

    GpuModels = Callable[[], Sequence[GpuModel]]

_WHOLE_DRIVER: Final = frozenset(
    {"driver-hangs", "driver-library-mismatch", "driver-no-permission", "driver-not-loaded"}
)
"""Faults that every source of the driver would tell."""


def detect_host(surroundings: Surroundings, *, gpu_models: GpuModels, root: Path = ROOT) -> HostFacts:
    """Detect GPUs and driver. Reads files below `root`; starts processes only where the driver's files are found.

    `gpu_models` is called only if a card has to be recognised by id or name.
    Raises `platform-unsupported`, and the usage error `override-invalid`.
    """
    environ = surroundings.environ
    models = cache(gpu_models)
    stated = stated_gpus(environ, models)
    answers = (
        tuple(_ask_driver(environ, root=root, timeout_s=probe_timeout_s(environ)))
        if stated is None
        else (Answer(probe=Probe.OVERRIDE, gpus=stated),)
    )
    gpus = _completed(next((answer.gpus for answer in answers if answer.gpus), ()), models)
    platform = detect_platform(surroundings, root=root)
    kernel = read_kernel_driver(root)
    bus = read_bus(platform, environ, root=root, timeout_s=probe_timeout_s(environ), is_driven=bool(gpus))
    container = detect_container(environ, root=root)
    presence = Presence.PRESENT if gpus else Presence.ABSENT
    problems: tuple[Notice, ...] = ()
    if stated is None and (gpus or _is_hardware_there(answers, bus, kernel, platform, container)):
        scene = _scene(answers, bus, kernel, platform, container, environ, models=models, root=root)
        presence, gpus, problems = _judge(scene, gpus, root=root)
    answers = (*answers, kernel.answer(), bus.answer())
    return HostFacts(
        gpus=gpus,
        driver=_driver(answers, environ),
        platform=platform,
        presence=presence,
        problems=problems,
        probes=tuple(answer.shown() for answer in answers),
        other_gpus=tuple(name for gpu in bus.gpus if (name := gpu.foreign_name) is not None),
        container=container,
    )


def _ask_driver(environ: Mapping[str, str], *, root: Path, timeout_s: float) -> Iterator[Answer]:
    """Ask sources 2 to 4, as far as needed."""
    nvml = Answer(probe=Probe.NVML, outcome=ABSENT)
    library = find_driver_library(NVML, environ, root=root)
    if library is not None:
        from gpuenv.detect.nvml import ask_nvml  # noqa: PLC0415 - only where there is the library

        nvml = ask_nvml(library, environ, timeout_s=timeout_s)
    yield nvml
    if nvml.fault in _WHOLE_DRIVER or (nvml.gpus and nvml.cuda_version):
        return
    cuda = _ask_libcuda(environ, root=root, timeout_s=timeout_s, with_devices=not nvml.gpus)
    yield cuda
    if not (nvml.gpus or cuda.gpus or cuda.fault in _WHOLE_DRIVER):
        yield _ask_nvidia_smi(environ, root=root, timeout_s=timeout_s)


def _ask_libcuda(environ: Mapping[str, str], *, root: Path, timeout_s: float, with_devices: bool) -> Answer:
    library = find_driver_library(LIBCUDA, environ, root=root)
    if library is None:
        return Answer(probe=Probe.LIBCUDA, outcome=ABSENT)
    from gpuenv.detect.libcuda import ask_libcuda  # noqa: PLC0415 - only where there is the library

    return ask_libcuda(library, environ, timeout_s=timeout_s, with_devices=with_devices)


def _ask_nvidia_smi(environ: Mapping[str, str], *, root: Path, timeout_s: float) -> Answer:
    from gpuenv.detect.programs import find_nvidia_smi  # noqa: PLC0415 - only where the libraries told of no GPU

    program = find_nvidia_smi(environ, root=root)
    if program is None:
        return Answer(probe=Probe.NVIDIA_SMI, outcome=ABSENT)
    from gpuenv.detect.nvidia_smi import ask_nvidia_smi  # noqa: PLC0415 - only where there is the program

    return ask_nvidia_smi(program, environ, timeout_s=timeout_s)


def _completed(gpus: Sequence[Gpu], models: GpuModels) -> tuple[Gpu, ...]:
    if not gpus:
        return ()
    from gpuenv.detect.recognition import with_capability  # noqa: PLC0415 - only where there is a GPU

    return tuple(with_capability(gpu, models) for gpu in gpus)


def _scene(
    answers: tuple[Answer, ...],
    bus: Bus,
    kernel: KernelDriver,
    platform: Platform,
    container: str | None,
    environ: Mapping[str, str],
    *,
    models: GpuModels,
    root: Path,
) -> Scene:
    from gpuenv.detect.recognition import recognise_pci  # noqa: PLC0415 - only where there is something to explain
    from gpuenv.detect.scene import Scene  # noqa: PLC0415 - as above

    nvidia = tuple(gpu for gpu in bus.gpus if gpu.is_nvidia)
    return Scene(
        pci=nvidia,
        answers=answers,
        kernel=kernel,
        platform=platform,
        distribution=read_distribution(root),
        container=container,
        environ=environ,
        recognise=lambda: tuple(recognise_pci(gpu, models, index=index) for index, gpu in enumerate(nvidia)),
    )


def _judge(scene: Scene, gpus: tuple[Gpu, ...], *, root: Path) -> tuple[Presence, tuple[Gpu, ...], tuple[Notice, ...]]:
    """Tell whether the hardware that is there can be used, with the GPUs that this speaks of and what is wrong."""
    from gpuenv.detect.problems import explain_unusable, hidden, oddities, refused_libcuda  # noqa: PLC0415 - as above

    visible = _visible(gpus, scene.environ, root=root)
    refused = refused_libcuda(scene, visible, root=root)
    if refused:
        return Presence.UNUSABLE, visible, refused
    if visible:
        return Presence.PRESENT, visible, oddities(scene, gpus)
    if gpus:
        return Presence.UNUSABLE, gpus, (hidden(scene, gpus),)
    return Presence.UNUSABLE, scene.recognise(), explain_unusable(scene)


def _visible(gpus: tuple[Gpu, ...], environ: Mapping[str, str], *, root: Path) -> tuple[Gpu, ...]:
    """Apply CUDA_VISIBLE_DEVICES; where only CUDA can read it, by what CUDA then shows."""
    from gpuenv.detect.pci import plain_bus  # noqa: PLC0415 - as in _scene
    from gpuenv.detect.visibility import order_is_uncertain, visible_gpus  # noqa: PLC0415 - as in _scene

    if any(gpu.probe is Probe.LIBCUDA for gpu in gpus):
        return gpus
    if order_is_uncertain(gpus, environ):
        answer = _ask_libcuda(environ, root=root, timeout_s=probe_timeout_s(environ), with_devices=True)
        if answer.is_ok:
            by_bus = {plain_bus(gpu.pci_bus_id): gpu for gpu in gpus}
            shown = (by_bus.get(plain_bus(gpu.pci_bus_id)) for gpu in answer.gpus)
            return tuple(dict.fromkeys(gpu for gpu in shown if gpu is not None))
    return visible_gpus(gpus, environ)


def _is_hardware_there(
    answers: Sequence[Answer], bus: Bus, kernel: KernelDriver, platform: Platform, container: str | None
) -> bool:
    """Whether there is an NVIDIA GPU although no source of the driver showed one.

    The bus decides. Where it shows nothing of the sort (WSL, Jetson) or cannot be read, a driver that is there and
    complains is taken for one that has something to drive; left-over libraries on another machine are not.
    """
    if kernel.is_tegra or any(gpu.is_nvidia for gpu in bus.gpus) or any(answer.broken for answer in answers):
        return True
    if platform.is_wsl or not bus.is_readable:
        return kernel.is_loaded or any(answer.names_cause for answer in answers)
    return container is not None and kernel.is_loaded


def _driver(answers: Sequence[Answer], environ: Mapping[str, str]) -> Driver | None:
    """Take each version from the first source that told it; a stated driver has only its own."""
    stated = stated_driver(environ)
    if stated is not None:
        return Driver(version=stated, cuda_version=None, probe=Probe.OVERRIDE)
    versions = [(answer.driver_version, answer.probe) for answer in answers if answer.driver_version is not None]
    cuda = [(answer.cuda_version, answer.probe) for answer in answers if answer.cuda_version is not None]
    if not versions and not cuda:
        return None
    return Driver(
        version=versions[0][0] if versions else None,
        cuda_version=cuda[0][0] if cuda else None,
        probe=(versions or cuda)[0][1],
    )
