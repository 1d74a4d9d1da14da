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
from typing import TYPE_CHECKING

from gpuenv.detect.judging.scene import Scene
from gpuenv.detect.platform import ROOT, detect_container, detect_platform, detect_wsl_generation
from gpuenv.detect.sources.answers import Answer
from gpuenv.detect.sources.bus import read_bus
from gpuenv.detect.sources.deadline import Deadline
from gpuenv.detect.sources.driver_sources import ask_driver
from gpuenv.detect.sources.kernel_driver import read_kernel_driver
from gpuenv.detect.sources.overrides import probe_timeout_s, stated_driver, stated_gpus
from gpuenv.models.hardware import Driver, HostFacts, Presence, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.hardware import Gpu, MsvcRuntime
    from gpuenv.models.matrix import ArchitectureRow, GpuModel
    from gpuenv.models.notice import Notice
    from gpuenv.models.platform import Platform
    from gpuenv.models.surroundings import Surroundings

    GpuModels = Callable[[], Sequence[GpuModel]]
    Architectures = Callable[[], Sequence[ArchitectureRow]]
    Judgement = tuple[Presence, tuple[Gpu, ...], tuple[Notice, ...]]


def detect_host(
    surroundings: Surroundings, *, gpu_models: GpuModels, architectures: Architectures = tuple, root: Path = ROOT
) -> HostFacts:
    """Detect GPUs and driver. Reads files below `root`; starts processes only where the driver's files are found.

    `gpu_models` is called only if a card has to be recognised by id or name, `architectures` only if a driver has to
    be named for cards: without its rows no branch is told from another.
    Raises `platform-unsupported`, and the usage error `override-invalid`.
    """
    environ = surroundings.environ
    deadline = Deadline(probe_timeout_s(environ))
    models = cache(gpu_models)
    stated = stated_gpus(environ, models)
    answers = (
        tuple(ask_driver(environ, root=root, deadline=deadline))
        if stated is None
        else (Answer(probe=Probe.OVERRIDE, gpus=stated),)
    )
    gpus = _completed(next((answer.gpus for answer in answers if answer.gpus), ()), models)
    scene = _scene(surroundings, answers, models, cache(architectures), root=root, deadline=deadline)
    presence, gpus, problems = _judge(scene, gpus, deadline) if stated is None else _as_stated(stated)
    answers = (*answers, scene.kernel.answer(), scene.bus.answer())
    runtime = _runtime(scene.platform, environ)
    return HostFacts(
        gpus=gpus,
        driver=_driver(answers, environ),
        platform=scene.platform,
        presence=presence,
        problems=(*problems, *_runtime_problems(runtime, presence)),
        probes=tuple(answer.shown() for answer in answers),
        other_gpus=tuple(name for gpu in scene.bus.gpus if (name := gpu.foreign_name) is not None),
        container=scene.container,
        wsl_generation=scene.wsl_generation,
        msvc_runtime=runtime,
    )


def _scene(
    surroundings: Surroundings,
    answers: tuple[Answer, ...],
    models: GpuModels,
    architectures: Architectures,
    *,
    root: Path,
    deadline: Deadline,
) -> Scene:
    """Read what there is beside the sources of the driver."""
    environ = surroundings.environ
    platform = detect_platform(surroundings, root=root)
    is_driven = any(answer.gpus for answer in answers)
    return Scene(
        root=root,
        environ=environ,
        answers=answers,
        kernel=read_kernel_driver(root),
        bus=read_bus(platform, environ, root=root, timeout_s=deadline.left_s, is_driven=is_driven),
        platform=platform,
        wsl_generation=detect_wsl_generation(platform, root=root),
        container=detect_container(environ, root=root),
        models=models,
        architectures=architectures,
    )


def _completed(gpus: Sequence[Gpu], models: GpuModels) -> tuple[Gpu, ...]:
    if not gpus:
        return ()
    from gpuenv.detect.sources.recognition import with_capability  # noqa: PLC0415 - only where there is a GPU

    return tuple(with_capability(gpu, models) for gpu in gpus)


def _as_stated(gpus: tuple[Gpu, ...]) -> Judgement:
    return Presence.PRESENT if gpus else Presence.ABSENT, gpus, ()


def _judge(scene: Scene, gpus: tuple[Gpu, ...], deadline: Deadline) -> Judgement:
    """Tell whether the hardware that is there can be used, with the GPUs that this speaks of and what is wrong."""
    if not gpus and not scene.is_hardware_there():
        return Presence.ABSENT, (), ()
    from gpuenv.detect.judging.judgement import judge_driven, judge_undriven  # noqa: PLC0415 - only where there is a GPU

    return judge_driven(scene, gpus, deadline) if gpus else judge_undriven(scene)


def _runtime(platform: Platform, environ: Mapping[str, str]) -> MsvcRuntime | None:
    if not platform.name.startswith("windows"):
        return None
    from gpuenv.detect.details.msvc_runtime import read_msvc_runtime  # noqa: PLC0415 - only on Windows

    return read_msvc_runtime(environ)


def _runtime_problems(runtime: MsvcRuntime | None, presence: Presence) -> tuple[Notice, ...]:
    if runtime is None or presence is not Presence.PRESENT:
        return ()
    from gpuenv.detect.details.msvc_runtime import runtime_problems  # noqa: PLC0415 - as above

    return runtime_problems(runtime)


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
