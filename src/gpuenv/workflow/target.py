"""Finds the target: the GPUs of this machine, of a saved description, or those that the user names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from gpuenv.errors import UsageError
from gpuenv.models.cuda import DriverVersion
from gpuenv.models.hardware import Driver, Presence, Probe
from gpuenv.models.notice import Notice
from gpuenv.models.platform import Platform
from gpuenv.models.resolution import Cause, Conflict
from gpuenv.models.target import Target
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gpuenv.detect.saved import SavedMachine
    from gpuenv.models.hardware import Gpu, HostFacts
    from gpuenv.models.matrix import ArchitectureRow, GpuModel
    from gpuenv.models.platform import PythonVersion
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.described_gpus import DescribedGpus
    from gpuenv.workflow.options import Options

DETECTED = frozenset({"current-gpu", "auto"})
"""The targets that are read from this machine; every other is described."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTarget:
    """The target, and how it was come by."""

    target: Target
    notes: tuple[Notice, ...] = ()
    host: HostFacts | None = None
    """What detection found, where it was asked."""


def choose_target(
    options: Options,
    surroundings: Surroundings,
    *,
    python: PythonVersion,
    gpu_models: Callable[[], Sequence[GpuModel]],
) -> ChosenTarget | Conflict:
    """Find the target of a command; an unusable or missing GPU is a conflict unless CPU was asked for (rule 10)."""
    driver = _stated_driver(options)
    if options.saved_machine is not None:
        from gpuenv.detect.saved import parse_saved  # noqa: PLC0415 - only for saved machines

        return _saved(options, parse_saved(options.saved_machine, origin="batch"), python=python, driver=driver)
    if options.target in DETECTED:
        return _detected(options, surroundings, python=python, gpu_models=gpu_models, driver=driver)
    if options.target == "cpu":
        if options.gpus:
            raise UsageError("gpu-beside-cpu-target", selectors=options.gpus)
        target = Target(
            gpus=(), driver=None, platform=_platform(options, surroundings), python=python, origin="described"
        )
        return ChosenTarget(target=target)
    file = surroundings.cwd / options.target
    if file.suffix == ".json" or file.is_file():
        from gpuenv.detect.saved import read_saved  # noqa: PLC0415 - as above

        return _saved(options, read_saved(file), python=python, driver=driver)
    if ".." in options.target:
        raise UsageError("range-is-for-lock", target=options.target, first=options.target.partition("..")[0] or None)
    return _described(options, surroundings, python=python, gpu_models=gpu_models, driver=driver)


def _described(
    options: Options,
    surroundings: Surroundings,
    *,
    python: PythonVersion,
    gpu_models: Callable[[], Sequence[GpuModel]],
    driver: Driver | None,
) -> ChosenTarget:
    """Take GPUs by their names; without `--platform` cards that come with one platform only choose it."""
    from gpuenv.workflow.described_gpus import describe_gpus  # noqa: PLC0415 - most commands are for this machine

    named = describe_gpus(options.target, gpu_models)
    here = _platform(options, surroundings)
    platform = here if options.platform is not None else _home_of(named, here)
    labels = tuple(gpu.label for gpu in named.gpus)
    notes = named.notes
    if platform != here:
        notes += (Notice.of("platform-of-card", gpus=labels, platform=platform.name, here=here.name),)
    elif named.misplaced(platform.name):
        notes += (Notice.of("platform-unlikely", gpus=named.misplaced(platform.name), platform=platform.name),)
    target = Target(
        gpus=select_gpus(named.gpus, options.gpus), driver=driver, platform=platform, python=python, origin="described"
    )
    return ChosenTarget(target=target, notes=notes)


def _home_of(named: DescribedGpus, here: Platform) -> Platform:
    return here if named.platform in {None, here.name} else Platform(name=named.platform)


def _detected(
    options: Options,
    surroundings: Surroundings,
    *,
    python: PythonVersion,
    gpu_models: Callable[[], Sequence[GpuModel]],
    driver: Driver | None,
) -> ChosenTarget | Conflict:
    from gpuenv.detect.host import detect_host  # noqa: PLC0415 - a described target asks no machine

    def architectures() -> Sequence[ArchitectureRow]:
        from gpuenv.workflow.driver_rows import load_driver_rows  # noqa: PLC0415 - only to name a driver for cards

        return load_driver_rows(options.matrix, surroundings)

    host = detect_host(surroundings, gpu_models=gpu_models, architectures=architectures)
    if host.presence is Presence.ABSENT and options.target == "auto":
        target = Target(gpus=(), driver=None, platform=host.platform, python=python, origin="detected")
        return ChosenTarget(target=target, host=host, notes=(Notice.of("cpu-because-no-gpu", others=host.other_gpus),))
    return _of_host(host, options, python=python, driver=driver, origin="detected")


def _of_host(
    host: HostFacts,
    options: Options,
    *,
    python: PythonVersion,
    driver: Driver | None,
    origin: Literal["detected", "described"],
) -> ChosenTarget | Conflict:
    """Take a machine as the target; one whose GPUs are missing or unusable is a conflict, never a CPU (rule 10)."""
    match host.presence:
        case Presence.PRESENT:
            target = Target(
                gpus=select_gpus(host.gpus, options.gpus),
                driver=driver or host.driver,
                platform=host.platform,
                python=python,
                origin=origin,
                msvc_runtime=host.msvc_runtime,
            )
            return ChosenTarget(target=target, host=host, notes=host.problems)
        case Presence.UNUSABLE:
            return Conflict(
                reason=Notice.of("gpu-unusable", gpus=tuple(gpu.label for gpu in host.gpus)),
                causes=tuple(
                    Cause(change=problem, would_give=None)
                    for problem in host.problems or (Notice.of("machine-was-unusable"),)
                ),
            )
        case Presence.ABSENT:
            command = _on_cpu(options)
            return Conflict(
                reason=Notice.of("no-gpu", others=host.other_gpus, command=command),
                causes=(Cause(change=Notice.of("use-cpu", command=command), would_give=None),),
            )


def _on_cpu(options: Options) -> str:
    """Write the command that asks for the same with CPU builds."""
    if options.typed is not None:
        return str(options.typed.without("--gpu").with_option("--target", "cpu"))
    from gpuenv.models.typed_command import quoted  # noqa: PLC0415 - only for a machine without a GPU

    files = (word for file in options.requirement_files for word in ("-r", quoted(file)))
    return " ".join(("gpuenv install", *map(quoted, options.requirements), *files, "--target cpu"))


def _saved(
    options: Options, saved: SavedMachine, *, python: PythonVersion, driver: Driver | None
) -> ChosenTarget | Conflict:
    """Take a machine that was described elsewhere; what was stated on the command line counts more.

    A GPU that could not be used when it was described counts as usable with the driver that is stated for it.
    """
    chosen_python = python if options.python else saved.python or python
    is_mended = saved.host.presence is Presence.UNUSABLE and driver is not None and saved.host.gpus
    host = replace(saved.host, presence=Presence.PRESENT) if is_mended else saved.host
    return _of_host(host, options, python=chosen_python, driver=driver, origin="described")


def select_gpus(gpus: tuple[Gpu, ...], selectors: Sequence[str]) -> tuple[Gpu, ...]:
    """Keep the GPUs that `--gpu` names by index or UUID; all of them without it."""
    if not selectors:
        return gpus
    chosen = []
    for selector in selectors:
        found = [gpu for gpu in gpus if selector in {str(gpu.index), gpu.uuid}]
        if not found:
            known = tuple(gpu.uuid or str(gpu.index) for gpu in gpus)
            raise UsageError("unknown-gpu-selector", selector=selector, known=known)
        chosen += found
    return tuple(dict.fromkeys(chosen))


def _stated_driver(options: Options) -> Driver | None:
    if options.driver is None:
        return None
    try:
        return Driver(version=DriverVersion.parse(options.driver), cuda_version=None, probe=Probe.DESCRIBED)
    except ValueError as error:
        raise UsageError("driver-version-invalid", driver=options.driver) from error


def _platform(options: Options, surroundings: Surroundings) -> Platform:
    """Take the platform that was named, or this machine's."""
    from gpuenv.detect.platform import detect_platform  # noqa: PLC0415 - as above
    from gpuenv.models.platform import PLATFORM_NAMES  # noqa: PLC0415

    named = next((name for name in PLATFORM_NAMES if name == options.platform), None)
    if named is None:
        return detect_platform(surroundings)
    here = detect_platform(surroundings)
    return here if here.name == named else Platform(name=named)
