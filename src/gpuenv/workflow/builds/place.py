"""Gathers what a build starts from: the environment with its torch, the target, the matrix, the user's indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.errors import GpuenvError, UsageError
from gpuenv.matrix.catalog import load_gpu_models, load_matrix
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.project.folders import cache_folder, matrix_cache
from gpuenv.project.pip_configuration import read_index_settings
from gpuenv.workflow.builds.commands import install_command
from gpuenv.workflow.target import choose_target

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.cuda import ComputeCapability
    from gpuenv.models.environment import Environment
    from gpuenv.models.extension import Extension
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildChoices:
    """How to build, apart from what."""

    output: str = "dist"
    """The folder for the wheel, relative to the working folder."""
    with_ptx: bool = False
    """Also PTX of the newest GPU of the target, for GPUs to come."""
    installs: bool = True
    """Put what was built into the environment."""
    from_source: bool = False
    """Look for no wheel that somebody else built, and take none that was built here before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and for what is built."""

    environment: Environment
    torch: str
    """Its version: `2.15.0`, `2.9.1+cu128`."""
    torch_cuda: CudaVersion
    target: Target
    capabilities: tuple[ComputeCapability, ...]
    matrix: CompatibilityMatrix
    settings: IndexSettings
    cache: Path
    options: Options
    choices: BuildChoices
    surroundings: Surroundings
    reporter: Reporter

    def extension(self, name: str) -> Extension | None:
        """What the matrix knows of a package, or None."""
        return self.matrix.extensions_among((name,)).get(name)


def find_place(
    options: Options, choices: BuildChoices, surroundings: Surroundings, reporter: Reporter
) -> Place | Conflict:
    """Read environment, target and matrix.

    Raises `build-needs-torch` and `build-needs-cuda-torch` for an environment that extensions cannot be built in, and
    the usage errors `build-needs-gpu` and `build-is-for-here`.
    """
    root = find_environment(options.venv, surroundings)
    environment = read_environment(root, surroundings=surroundings)
    if options.platform is not None and options.platform != environment.platform.name:
        raise UsageError("build-is-for-here", platform=options.platform, here=environment.platform.name)
    _torch(environment, options)
    cache = matrix_cache(surroundings)
    chosen = choose_target(
        options,
        surroundings,
        python=environment.python_version,
        gpu_models=lambda: load_gpu_models(options.matrix, cwd=surroundings.cwd, cache=cache),
    )
    if isinstance(chosen, Conflict):
        return chosen
    if not chosen.target.gpus:
        raise UsageError("build-needs-gpu", target=options.target)
    return place_in(
        environment,
        chosen.target,
        matrix=load_matrix(options.matrix, cwd=surroundings.cwd, cache=cache),
        settings=read_index_settings(surroundings, venv=root),
        options=options,
        choices=choices,
        surroundings=surroundings,
        reporter=reporter,
    )


def place_in(
    environment: Environment,
    target: Target,
    *,
    matrix: CompatibilityMatrix,
    settings: IndexSettings,
    options: Options,
    choices: BuildChoices,
    surroundings: Surroundings,
    reporter: Reporter,
) -> Place:
    """Gather the place of a build in an environment that was read, for a target that was chosen.

    Raises `build-needs-torch` and `build-needs-cuda-torch`.
    """
    torch, torch_cuda = _torch(environment, options)
    return Place(
        environment=environment,
        torch=torch,
        torch_cuda=torch_cuda,
        target=target,
        capabilities=tuple(sorted({capability for gpu in target.gpus for capability in gpu.capabilities})),
        matrix=matrix,
        settings=settings,
        cache=cache_folder(surroundings),
        options=options,
        choices=choices,
        surroundings=surroundings,
        reporter=reporter,
    )


def _torch(environment: Environment, options: Options) -> tuple[str, CudaVersion]:
    torch = environment.installed("torch")
    command = install_command(options, environment.root, "torch")
    if torch is None:
        raise GpuenvError("build-needs-torch", environment=str(environment.root), command=command)
    cuda = CudaVersion.from_tag(torch.build_tag) if torch.build_tag is not None else None
    if cuda is None:
        raise GpuenvError(
            "build-needs-cuda-torch", environment=str(environment.root), torch=str(torch.version), command=command
        )
    return str(torch.version), cuda
