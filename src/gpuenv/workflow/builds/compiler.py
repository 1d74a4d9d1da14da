"""Finds the compiler of a build: a toolkit of this machine, or for CUDA 13 the compiler wheels; else what to do."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from gpuenv.build.compiler_wheels import choose_compiler, compiler_folder, wheel_toolkit
from gpuenv.build.preflight import BUILD_BYTES, compiler_faults, headers_faults, space_faults
from gpuenv.build.toolkit import find_toolkits, toolkit_faults
from gpuenv.build.variables import available_memory
from gpuenv.detect.details.compilers import read_compilers
from gpuenv.detect.details.toolkits import parse_compiler_limits
from gpuenv.detect.files import read_text
from gpuenv.errors import GpuenvError
from gpuenv.install.tool_folder import install_into
from gpuenv.models.extension import CompilerWheels
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause, Conflict, DriverFit
from gpuenv.resolve.judgement import has_wheels_for
from gpuenv.rules.coverage import build_coverage
from gpuenv.rules.driver import driver_cuda, driver_fit
from gpuenv.workflow.builds.commands import install_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.build.toolkit import Toolkit
    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.matrix import TorchBuild
    from gpuenv.workflow.builds.place import Place

_COMPILER_BYTES: Final = 3 * 1024**3
"""What the compiler wheels take, unpacked (2.0 GiB for 13.2), with room for their download."""
_CUDA_13: Final = 13


def find_compiler(place: Place) -> Toolkit | Conflict:
    """Choose the toolkit that builds for this torch and these GPUs, fetch it, and make sure that the build can start.

    Raises what `choose_toolkit` raises.
    """
    chosen = choose_toolkit(place)
    if not isinstance(chosen, CompilerWheels):
        return chosen
    toolkit = _fetched(place, chosen)
    _preflight(place, toolkit, wheels=None)
    return toolkit


def choose_toolkit(place: Place) -> Toolkit | CompilerWheels | Conflict:
    """Choose a toolkit of this machine, or the wheels of one that is still to be fetched; nothing is fetched here.

    A toolkit of torch's own CUDA version comes first, then the wheels, then one of the same major version. What
    `CUDA_HOME` names is taken if it can be. Raises the codes of `toolkit_faults` and of the preflight.
    """
    local = find_toolkits(place.surroundings.environ)
    usable = [toolkit for toolkit in local if not _faults(toolkit, place)]
    exact = [toolkit for toolkit in usable if toolkit.version == place.torch_cuda or _is_named(toolkit, place)]
    wheels = choose_compiler(place.matrix.compilers, place.torch_cuda)
    if exact:
        _preflight(place, exact[0], wheels=None)
        return exact[0]
    if wheels is not None and not _row_faults(wheels, place):
        folder = compiler_folder(place.cache, wheels)
        if folder.exists():
            _preflight(place, wheel_toolkit(folder, wheels), wheels=None)
        else:
            _preflight(place, None, wheels=wheels)
        return wheels
    if not usable and place.torch_cuda.major < _CUDA_13:
        return _no_compiler(place, local)
    if not usable:
        raise _refused(place, local, wheels)
    _preflight(place, usable[0], wheels=None)
    return usable[0]


def _fetched(place: Place, wheels: CompilerWheels) -> Toolkit:
    folder = compiler_folder(place.cache, wheels)
    if not folder.exists():
        place.reporter.stage("fetching-compiler", cuda=str(wheels.cuda))
        try:
            install_into(
                folder,
                [str(pin) for pin in wheels.pins],
                python=Path(sys.executable),
                settings=place.settings,
                environ=place.surroundings.environ,
                reporter=place.reporter,
                with_dependencies=False,
                is_offline=place.options.is_offline,
            )
        except GpuenvError:
            usable = [toolkit for toolkit in find_toolkits(place.surroundings.environ) if not _faults(toolkit, place)]
            if not usable:
                raise
            return usable[0]  # without the network, a toolkit of the same major version does
    return wheel_toolkit(folder, wheels)


def _preflight(place: Place, toolkit: Toolkit | None, *, wheels: CompilerWheels | None) -> None:
    """Raise the first thing that the build would fail for."""
    environ = place.surroundings.environ
    header = read_text(toolkit.root / "include" / "crt" / "host_config.h") if toolkit is not None else None
    limits = parse_compiler_limits(header) if header is not None else None
    version = str(toolkit.version) if toolkit is not None else str(place.torch_cuda)
    needs = [(Path(tempfile.gettempdir()), BUILD_BYTES)]
    if wheels is not None:
        needs.append((place.cache, _COMPILER_BYTES))
    faults = (
        *compiler_faults(read_compilers(environ), limits, version),
        *headers_faults(place.environment.python, environ),
        *space_faults(needs, memory=available_memory()),
    )
    for fault in faults:
        raise GpuenvError(fault.code, **fault.context)


def _faults(toolkit: Toolkit, place: Place) -> tuple[Notice, ...]:
    rows = [(capability, place.matrix.architecture(capability)) for capability in place.capabilities]
    return toolkit_faults(toolkit, torch_cuda=place.torch_cuda, rows=rows)


def _row_faults(wheels: CompilerWheels, place: Place) -> tuple[Notice, ...]:
    """Judge wheels as the toolkit that they would be."""
    return _cuda_faults(wheels.cuda, place)


def _cuda_faults(cuda: CudaVersion, place: Place) -> tuple[Notice, ...]:
    """Judge a toolkit of that version, wherever it were."""
    from gpuenv.build.toolkit import Toolkit  # noqa: PLC0415 - a type above

    return _faults(Toolkit(root=Path(), nvcc=Path("nvcc"), version=cuda), place)


def _is_named(toolkit: Toolkit, place: Place) -> bool:
    named = place.surroundings.environ.get("CUDA_HOME") or place.surroundings.environ.get("CUDA_PATH")
    return bool(named) and toolkit.root.resolve() == Path(named or "").resolve()


def _refused(place: Place, local: Sequence[Toolkit], wheels: CompilerWheels | None) -> GpuenvError:
    """Say what is wrong: torch's own CUDA does not compile for that GPU, or what there is of it does not."""
    for fault in _cuda_faults(place.torch_cuda, place):
        command = install_command(place.options, place.environment.root, "torch")
        facts = {**fault.context, "torch": place.torch, "command": command}
        return GpuenvError("torch-cuda-lacks-architecture", **facts)
    for toolkit in local:
        for fault in _faults(toolkit, place):
            if fault.code == "toolkit-lacks-architecture" or wheels is None:
                return GpuenvError(fault.code, **fault.context)
    for fault in _row_faults(wheels, place) if wheels is not None else ():
        return GpuenvError(fault.code, **fault.context)
    return GpuenvError("no-cuda-toolkit", places=("CUDA_HOME", "PATH", "/usr/local/cuda"))


def _no_compiler(place: Place, local: Sequence[Toolkit]) -> Conflict:
    """PyPI has no nvcc for CUDA 12: name what to install, and a torch for which it has one."""
    cuda = str(place.torch_cuda)
    causes = [
        Cause(change=Notice.of("install-cuda-toolkit", cuda=cuda, dashed=cuda.replace(".", "-")), would_give=None)
    ]
    other = _cuda_13_torch(place)
    if other is not None:
        command = install_command(place.options, place.environment.root, f"torch=={other}")
        change = Notice.of("take-cuda-13-torch", torch=other, command=command)
        causes.append(Cause(change=change, would_give=other))
    found = tuple(f"CUDA {toolkit.version} ({toolkit.root})" for toolkit in local)
    reason = Notice.of("no-compiler-for-cuda12", torch=place.torch, cuda=cuda, found=found)
    return Conflict(reason=reason, causes=tuple(causes))


def _cuda_13_torch(place: Place) -> str | None:
    """The build of CUDA 13 that serves these GPUs and this driver: of the installed version, else the newest.

    Of one version that which the driver speaks the CUDA of (rule 9).
    """
    public = Version(Version(place.torch).public)
    target, releases = place.target, place.matrix.cuda

    def preference(build: TorchBuild) -> tuple[bool, Version, bool, str]:
        fit = driver_fit(build.cuda, target.driver, target.platform, releases) if build.cuda is not None else None
        return build.version == public, build.version, fit is DriverFit.DIRECT, build.tag

    fitting = [
        build
        for build in place.matrix.torch
        if build.cuda is not None
        and build.cuda.major == _CUDA_13
        and build.local is not None
        and build.platform == place.target.platform.name
        and build.is_official
        and not build.is_nightly
        and has_wheels_for(build, place.environment.python_version)
        and _serves(build, place)
    ]
    best = max(fitting, key=preference, default=None)
    return best.label if best is not None else None


def _serves(build: TorchBuild, place: Place) -> bool:
    """Whether a build runs on every GPU and on the driver of the target."""
    target, releases = place.target, place.matrix.cuda
    spoken = driver_cuda(target.driver, target.platform, releases) if target.driver is not None else None
    if build.cuda is None or driver_fit(build.cuda, target.driver, target.platform, releases) is None:
        return False
    rows = ((capability, place.matrix.architecture(capability)) for capability in place.capabilities)
    return all(
        build_coverage(build, capability, driver_cuda=spoken, architecture=row).refusal is None
        for capability, row in rows
    )
