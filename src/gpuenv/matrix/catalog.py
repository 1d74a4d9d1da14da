"""Loads a matrix."""

from __future__ import annotations

from functools import cache as made_once
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.matrix.architectures_file import parse_architectures
from gpuenv.matrix.cuda_file import parse_cuda
from gpuenv.matrix.cudnn_file import parse_cudnn
from gpuenv.matrix.folder import read_table
from gpuenv.matrix.gpus_file import parse_gpus
from gpuenv.matrix.manifest_file import MANIFEST, parse_manifest
from gpuenv.matrix.shelf import came_with_gpuenv, find_matrix
from gpuenv.matrix.torch_file import parse_torch
from gpuenv.models.matrix import CompatibilityMatrix
from gpuenv.models.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.matrix.extensions_file import ExtensionsFile
    from gpuenv.models.extension import CompilerWheels, Extension
    from gpuenv.models.matrix import GpuModel, OnnxRuntimeBuild

EXTENSIONS: Final = "extensions.toml"
"""Absent in matrices from before it was known."""
_HERE: Final = Path()
"""The process' own folder: what a relative path of a matrix is taken from where nothing else is said."""


def load_matrix(choice: str | None = None, *, cwd: Path = _HERE, cache: Path | None = None) -> CompatibilityMatrix:
    """Load a matrix: None is the newest that came with gpuenv, `2026.11` a version, anything else a folder.

    `cache` is the folder in which what was read is kept for the next run; it need not exist.

    Errors: `unknown-matrix`, `matrices-missing`, `matrix-invalid` (file, place, problem), `matrix-not-toml` (file,
    line), `matrix-file-missing`, `matrix-file-unreadable`, `matrix-schema-unsupported`.
    """
    folder = find_matrix(choice, cwd=cwd, cache=cache)
    manifest = parse_manifest(read_table(folder, MANIFEST, cache=cache))
    torch = parse_torch(read_table(folder, "torch.toml", cache=cache))
    architectures = parse_architectures(read_table(folder, "architectures.toml", cache=cache))
    extensions, compilers = _extensions(folder, cache)
    return CompatibilityMatrix(
        version=manifest.version,
        released=manifest.released,
        architectures=architectures.rows,
        cuda=parse_cuda(read_table(folder, "cuda.toml", cache=cache)).releases,
        torch=torch.builds,
        companions=torch.companions,
        onnxruntime=_onnxruntime(folder, cache),
        cudnn=parse_cudnn(read_table(folder, "cudnn.toml", cache=cache)).releases,
        nightly=torch.nightly,
        gpus=_gpu_models(folder, cache),
        triton=torch.triton,
        extensions=extensions,
        compilers=compilers,
        first_seen=architectures.first_seen,
    )


def load_gpu_models(choice: str | None = None, *, cwd: Path = _HERE, cache: Path | None = None) -> tuple[GpuModel, ...]:
    """Load only the GPU names of a matrix, in a quarter of the time; arguments and errors as those of `load_matrix`."""
    return _gpu_models(find_matrix(choice, cwd=cwd, cache=cache), cache)


def _gpu_models(folder: Path, cache: Path | None) -> tuple[GpuModel, ...]:
    return parse_gpus(read_table(folder, "gpus.toml", cache=cache)).models


def _onnxruntime(folder: Path, cache: Path | None) -> Sequence[OnnxRuntimeBuild]:
    def builds() -> tuple[OnnxRuntimeBuild, ...]:
        from gpuenv.matrix.onnxruntime_file import parse_onnxruntime  # noqa: PLC0415 - only where it is looked at

        return parse_onnxruntime(read_table(folder, "onnxruntime.toml", cache=cache)).builds

    return Rows(("onnxruntime-gpu",), builds) if came_with_gpuenv(folder) else builds()


def _extensions(folder: Path, cache: Path | None) -> tuple[Sequence[Extension], Sequence[CompilerWheels]]:
    """Read the extensions and the compilers, the rows only where somebody looks at them: most requests name none.

    In a folder of the user's own there may be faults, which are told before anything is done.
    """
    if not (folder / EXTENSIONS).is_file():
        return (), ()
    table = read_table(folder, EXTENSIONS, cache=cache)

    @made_once
    def content() -> ExtensionsFile:
        from gpuenv.matrix.extensions_file import parse_extensions  # noqa: PLC0415 - only where they are looked at

        return parse_extensions(table)

    if not came_with_gpuenv(folder):
        return content().extensions, content().compilers
    names = [row.text("package") for row in table.tables("extension")]
    return Rows(names, lambda: content().extensions), Rows((), lambda: content().compilers)
