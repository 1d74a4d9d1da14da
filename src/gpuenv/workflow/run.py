"""Makes the variables that an environment and its GPUs need, for `gpuenv run`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.detect.host import detect_host
from gpuenv.install.state import state_of
from gpuenv.models.hardware import Presence
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass
from gpuenv.workflow.applications_here import application_variables, applications_here
from gpuenv.workflow.target import select_gpus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import GpuModel
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options

_ROOT_VARIABLES: Final = {"venv": "VIRTUAL_ENV", "conda": "CONDA_PREFIX"}
"""What says which environment is active, by its kind; the others have no such variable."""

_BUILD_VARIABLES: Final = ("TORCH_CUDA_ARCH_LIST", "CMAKE_CUDA_ARCHITECTURES")
"""What builds aim at: whoever has set them builds for other machines than this one, or leaves one out on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """What `gpuenv run` changes."""

    environment: Environment
    variables: Mapping[str, str]
    """Only what is set or changed, in the order in which it is shown."""
    notes: tuple[Notice, ...] = ()
    """Which of the user's own values were kept though the GPUs ask for others."""


def run_settings(options: Options, surroundings: Surroundings) -> RunSettings:
    """Find the environment and the GPUs, and make the variables. A machine without a GPU simply has fewer."""
    root = find_environment(options.venv, surroundings)
    environment = read_environment(root, surroundings=surroundings, with_requirements=False)
    host = detect_host(surroundings, gpu_models=lambda: _gpu_models(options, surroundings))
    detected = host.gpus if host.presence is Presence.PRESENT else ()
    constraints = state_of(environment.root) / "constraints.txt"
    variables = run_variables(
        environment,
        gpus=select_gpus(detected, options.gpus),
        is_selected=bool(options.gpus),
        constraints=constraints if constraints.is_file() else None,
        libraries=library_folders(environment),
        environ=surroundings.environ,
    )
    applications = applications_here(environment, options.matrix, surroundings)
    variables |= application_variables(applications, environment, surroundings.environ)
    own = {name: value for name in _BUILD_VARIABLES if (value := surroundings.environ.get(name))}
    notes = tuple(
        Notice.of("own-value-kept", variable=name, value=value, needed=variables[name])
        for name, value in own.items()
        if value != variables.get(name, value)
    )
    changed = {name: value for name, value in variables.items() if name not in own}
    return RunSettings(environment=environment, variables=changed, notes=notes)


def _gpu_models(options: Options, surroundings: Surroundings) -> tuple[GpuModel, ...]:
    # Only for a machine with a GPU that does not name its compute capability itself.
    from gpuenv.matrix.catalog import load_gpu_models  # noqa: PLC0415
    from gpuenv.project.folders import matrix_cache  # noqa: PLC0415

    return load_gpu_models(options.matrix, cwd=surroundings.cwd, cache=matrix_cache(surroundings))


def run_variables(
    environment: Environment,
    *,
    gpus: Sequence[Gpu],
    is_selected: bool,
    constraints: Path | None,
    libraries: Sequence[Path] = (),
    environ: Mapping[str, str],
) -> dict[str, str]:
    """Make the variables; nothing else is changed, and nothing that the user has set is taken away.

    PATH, LD_LIBRARY_PATH (where there are `libraries` to be found; PATH on Windows) and the constraint variables are
    extended. The architecture lists are for builds, one entry per compute
    capability: TORCH_CUDA_ARCH_LIST is `8.6;12.0`, CMAKE_CUDA_ARCHITECTURES is `86;120`.
    """
    is_windows = environment.platform.name.startswith("windows")
    programs = [*search_folders(environment), *(libraries if is_windows else ())]
    variables = {"PATH": _extended(programs, environ.get("PATH"))}
    if libraries and not is_windows:
        variables["LD_LIBRARY_PATH"] = _extended(libraries, environ.get("LD_LIBRARY_PATH"))
    if environment.kind in _ROOT_VARIABLES:
        variables[_ROOT_VARIABLES[environment.kind]] = str(environment.root)
    if is_selected:
        variables["CUDA_VISIBLE_DEVICES"] = ",".join(gpu.visible_name for gpu in gpus)
        if not all(gpu.uuid for gpu in gpus):
            variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # the order in which the indexes were detected
    capabilities = sorted({capability for gpu in gpus for capability in gpu.capabilities})
    if capabilities:
        variables["TORCH_CUDA_ARCH_LIST"] = ";".join(map(str, capabilities))
        variables["CMAKE_CUDA_ARCHITECTURES"] = ";".join(
            f"{capability.major}{capability.minor}" for capability in capabilities
        )
    if constraints is not None:
        for name in ("UV_CONSTRAINT", "PIP_CONSTRAINT"):
            given = [environ[name]] if environ.get(name) else []
            # Both tools split the value at white space; a URL has none.
            is_split = len(str(constraints).split()) > 1
            path = constraints.as_uri() if is_split else str(constraints)
            variables[name] = " ".join([*given, path])
    return variables


def _extended(folders: Sequence[Path], given: str | None) -> str:
    return os.pathsep.join([*map(str, folders), *([given] if given else [])])


def library_folders(environment: Environment) -> tuple[Path, ...]:
    """The folders of CUDA's libraries that ONNX Runtime would not find by itself, sorted.

    Where torch is installed they are found through it, and none is named. Without it only a program that calls
    `onnxruntime.preload_dlls()` finds them, or the loader if it is told where they are.
    """
    if environment.installed("onnxruntime-gpu") is None or environment.installed("torch") is not None:
        return ()
    root = environment.site_packages / "nvidia"
    if environment.platform.name.startswith("windows"):
        return tuple(sorted({library.parent for library in root.rglob("*.dll")}))
    return tuple(sorted({library.parent for library in root.glob("*/lib/*.so*")}))


def search_folders(environment: Environment) -> tuple[Path, ...]:
    """The folders of an environment's programs, as its own activation would put them first."""
    beside_python = environment.python.parent
    if not environment.platform.name.startswith("windows") or environment.kind == "venv":
        return (beside_python,)
    if environment.kind == "conda":
        root = environment.root
        return (root, root / "Library" / "bin", root / "Scripts")
    return (beside_python, beside_python / "Scripts")
