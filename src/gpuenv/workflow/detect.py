"""Detects this machine and its environment, and writes the description down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.detect.details.details import detail_problems, read_details
from gpuenv.detect.environment import find_environment, read_environment
from gpuenv.detect.host import detect_host
from gpuenv.detect.sources.overrides import probe_timeout_s
from gpuenv.errors import GpuenvError
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpuenv.models.environment import Environment, SharedFolder
    from gpuenv.models.hardware import HostDetails, HostFacts
    from gpuenv.models.matrix import ArchitectureRow, GpuModel
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What this machine is."""

    host: HostFacts
    details: HostDetails
    environment: Environment | None
    """None where there is none, or where the one that happens to be there cannot be read."""
    shared_folders: tuple[SharedFolder, ...] = ()
    notes: tuple[Notice, ...] = ()
    saved: Path | None = None


def detect(
    options: Options, surroundings: Surroundings, *, save: str | None = None, name: str | None = None
) -> Detection:
    """Detect the machine; with `save` also write its description to that file, under a `name` if one is given.

    An environment that was named has to be readable; of the one found by default a fault is only noted.
    """

    def gpu_models() -> Sequence[GpuModel]:
        from gpuenv.matrix.catalog import load_gpu_models  # noqa: PLC0415 - only where a card has to be recognised
        from gpuenv.project.folders import matrix_cache  # noqa: PLC0415 - as above

        return load_gpu_models(options.matrix, cwd=surroundings.cwd, cache=matrix_cache(surroundings))

    def architectures() -> Sequence[ArchitectureRow]:
        from gpuenv.workflow.driver_rows import load_driver_rows  # noqa: PLC0415 - only to name a driver for cards

        return load_driver_rows(options.matrix, surroundings)

    host = detect_host(surroundings, gpu_models=gpu_models, architectures=architectures)
    environment, notes = _environment(options, surroundings)
    saved = None
    if save is not None:
        from gpuenv.detect.saved import write_saved  # noqa: PLC0415 - only for --save

        saved = surroundings.cwd / save
        python = environment.python_version if environment else None
        write_saved(saved, host, python, date=surroundings.now.date().isoformat(), name=name)
    details = read_details(surroundings, site_packages=environment.site_packages if environment else None)
    shared = _shared_folders(environment)
    return Detection(
        host=host,
        details=details,
        environment=environment,
        shared_folders=shared,
        notes=(*notes, *_doubled(shared), *detail_problems(details)),
        saved=saved,
    )


def _shared_folders(environment: Environment | None) -> tuple[SharedFolder, ...]:
    if environment is None:
        return ()
    from gpuenv.detect.environments.ownership import find_shared_folders  # noqa: PLC0415 - only where there is an environment

    return find_shared_folders(environment.distributions)


def _doubled(shared: Sequence[SharedFolder]) -> tuple[Notice, ...]:
    """Tell of packages of which only one can be right, and how to keep it (rule 7)."""
    return tuple(
        Notice.of(
            "folder-has-several-owners",
            folder=folder.name,
            owners=folder.owners,
            command="gpuenv install onnxruntime-gpu",
        )
        for folder in shared
        if folder.name == "onnxruntime"
    )


def _environment(options: Options, surroundings: Surroundings) -> tuple[Environment | None, tuple[Notice, ...]]:
    root = find_environment(options.venv, surroundings)
    try:
        return read_environment(root, surroundings=surroundings, timeout_s=probe_timeout_s(surroundings.environ)), ()
    except GpuenvError as error:
        if options.venv is not None:
            raise
        is_none = error.code == "environment-not-found"
        return None, () if is_none else (Notice.of(error.code, **error.context),)
