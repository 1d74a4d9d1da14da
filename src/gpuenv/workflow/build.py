"""Conducts `gpuenv build`: toolkit, torch, wheel, and the proof that its code covers the target's GPUs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gpuenv.build.toolkit import find_toolkit, toolkit_faults
from gpuenv.build.variables import build_variables, parallel_jobs
from gpuenv.build.wheel import build_wheel, check_source_tree
from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.errors import GpuenvError, UsageError
from gpuenv.matrix.catalog import load_gpu_models, load_matrix
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.workflow.inspect import inspect
from gpuenv.workflow.target import choose_target

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.build.toolkit import Toolkit
    from gpuenv.models.binaries import Inspection
    from gpuenv.models.environment import Environment
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A wheel that was built, and what is in it."""

    wheel: Path
    target: Target
    torch: str
    toolkit: Toolkit
    variables: tuple[tuple[str, str], ...]
    """What the build was told about GPUs and parallel jobs."""
    inspection: Inspection
    faults: tuple[Notice, ...]
    """`extension-lacks-architecture` for each library and GPU without code; () is the proof."""


def build(
    source: str, output: str, options: Options, surroundings: Surroundings, reporter: Reporter
) -> Built | Conflict:
    """Build the source tree for the target's GPUs into the folder `output`, and prove it by reading the result.

    Raises what `check_source_tree`, `find_toolkit` and `build_wheel` raise, the codes of `toolkit_faults`, and
    `build-needs-torch`, `build-needs-cuda-torch` for an environment that extensions cannot be built in.
    """
    tree = surroundings.cwd / source
    check_source_tree(tree)
    toolkit = find_toolkit(surroundings.environ)
    root = find_environment(options.venv, surroundings)
    environment = read_environment(root, surroundings=surroundings)
    torch, torch_cuda = _torch(environment)
    target = _target(options, surroundings, environment)
    if isinstance(target, Conflict):
        return target
    capabilities = tuple(sorted({capability for gpu in target.gpus for capability in gpu.capabilities}))
    matrix = load_matrix(options.matrix, cwd=surroundings.cwd)
    rows = [(capability, matrix.architecture(capability)) for capability in capabilities]
    for fault in toolkit_faults(toolkit, torch_cuda=torch_cuda, rows=rows):
        raise GpuenvError(fault.code, **fault.context)
    variables = build_variables(capabilities, toolkit, surroundings.environ, jobs=parallel_jobs())
    reporter.stage("building-extension", source=source, architectures=variables["TORCH_CUDA_ARCH_LIST"])
    wheel = build_wheel(
        tree,
        surroundings.cwd / output,
        python=environment.python,
        variables=variables,
        environ=surroundings.environ,
        reporter=reporter,
    )
    inspection = _proof(wheel, options, surroundings, reporter)
    return Built(
        wheel=wheel,
        target=target,
        torch=torch,
        toolkit=toolkit,
        variables=tuple(sorted((name, value) for name, value in variables.items() if name != "PATH")),
        inspection=inspection,
        faults=_faults(inspection, wheel, tree),
    )


def _torch(environment: Environment) -> tuple[str, CudaVersion]:
    torch = environment.installed("torch")
    if torch is None:
        raise GpuenvError("build-needs-torch", environment=str(environment.root))
    cuda = CudaVersion.from_tag(torch.build_tag) if torch.build_tag is not None else None
    if cuda is None:
        raise GpuenvError("build-needs-cuda-torch", environment=str(environment.root), torch=str(torch.version))
    return str(torch.version), cuda


def _target(options: Options, surroundings: Surroundings, environment: Environment) -> Target | Conflict:
    chosen = choose_target(
        options,
        surroundings,
        python=environment.python_version,
        gpu_models=lambda: load_gpu_models(options.matrix, cwd=surroundings.cwd),
    )
    if isinstance(chosen, Conflict):
        return chosen
    if not chosen.target.gpus:
        raise UsageError("build-needs-gpu", target=options.target)
    return chosen.target


def _proof(wheel: Path, options: Options, surroundings: Surroundings, reporter: Reporter) -> Inspection:
    inspection = inspect(
        (str(wheel),), replace(options, venv=None), surroundings, reporter, has_target=True, is_thorough=True
    )
    if isinstance(inspection, Conflict):  # the target was chosen a moment ago: its GPUs went away meanwhile
        raise GpuenvError(inspection.reason.code, **inspection.reason.context)
    return inspection


def _faults(inspection: Inspection, wheel: Path, source: Path) -> tuple[Notice, ...]:
    judged = [file for file in inspection.files if file.file.summary.objects]
    if not judged:
        return (Notice.of("extension-without-gpu-code", wheel=wheel.name, source=str(source)),)
    return tuple(
        Notice.of(
            "extension-lacks-architecture",
            library=file.filename,
            gpu=gpu,
            sass=tuple(code.sm for code in (*file.main.sass, *file.main.extra_sass)),
            source=str(source),
        )
        for file in judged
        for gpu, verdict in file.verdicts
        if verdict.kind == "none"
    )
