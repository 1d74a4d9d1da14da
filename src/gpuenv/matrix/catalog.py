"""Finds the matrices and loads one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.matrix.architectures_file import parse_architectures
from gpuenv.matrix.cuda_file import parse_cuda
from gpuenv.matrix.cudnn_file import parse_cudnn
from gpuenv.matrix.extensions_file import EXTENSIONS, ExtensionsFile, parse_extensions
from gpuenv.matrix.folder import read_table
from gpuenv.matrix.gpus_file import parse_gpus
from gpuenv.matrix.manifest_file import MANIFEST, is_matrix_version, parse_manifest
from gpuenv.matrix.onnxruntime_file import parse_onnxruntime
from gpuenv.matrix.torch_file import parse_torch
from gpuenv.models.matrix import CompatibilityMatrix
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.models.application import Application
    from gpuenv.models.matrix import GpuModel

_HERE: Final = Path()
"""The process' own folder: what a relative path of a matrix is taken from where nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailableMatrix:
    """One matrix that came with gpuenv."""

    version: str
    released: str
    folder: Path


def load_matrix(choice: str | None = None, *, cwd: Path = _HERE, cache: Path | None = None) -> CompatibilityMatrix:
    """Load a matrix: None is the newest that came with gpuenv, `2026.11` a version, anything else a folder.

    `cache` is the folder in which what was read is kept for the next run; it need not exist.

    Errors: `unknown-matrix`, `matrices-missing`, `matrix-invalid` (file, place, problem), `matrix-not-toml` (file,
    line), `matrix-file-missing`, `matrix-file-unreadable`, `matrix-schema-unsupported`.
    """
    folder = find_matrix(choice, cwd=cwd, cache=cache)
    manifest = parse_manifest(read_table(folder, MANIFEST, cache=cache))
    torch = parse_torch(read_table(folder, "torch.toml", cache=cache))
    onnxruntime = parse_onnxruntime(read_table(folder, "onnxruntime.toml", cache=cache)).builds
    architectures = parse_architectures(read_table(folder, "architectures.toml", cache=cache))
    extensions = _extensions(folder, cache)
    return CompatibilityMatrix(
        version=manifest.version,
        released=manifest.released,
        architectures=architectures.rows,
        cuda=parse_cuda(read_table(folder, "cuda.toml", cache=cache)).releases,
        torch=torch.builds,
        companions=torch.companions,
        onnxruntime=onnxruntime,
        cudnn=parse_cudnn(read_table(folder, "cudnn.toml", cache=cache)).releases,
        nightly=torch.nightly,
        gpus=_gpu_models(folder, cache),
        triton=torch.triton,
        extensions=extensions.extensions,
        compilers=extensions.compilers,
        first_seen=architectures.first_seen,
    )


def load_gpu_models(choice: str | None = None, *, cwd: Path = _HERE, cache: Path | None = None) -> tuple[GpuModel, ...]:
    """Load only the GPU names of a matrix, in a quarter of the time; arguments and errors as those of `load_matrix`."""
    return _gpu_models(find_matrix(choice, cwd=cwd, cache=cache), cache)


def load_applications(choice: str | None, *, cwd: Path, cache: Path | None = None) -> tuple[Application, ...]:
    """Load what a matrix knows of applications; () for one from before that was known; arguments as above."""
    # Most runs name torch alone, and ask for nothing of this.
    from gpuenv.matrix.applications_file import APPLICATIONS, parse_applications  # noqa: PLC0415

    folder = find_matrix(choice, cwd=cwd, cache=cache)
    if not (folder / APPLICATIONS).is_file():
        return ()
    return parse_applications(read_table(folder, APPLICATIONS, cache=cache)).applications


def available_matrices(*, cache: Path | None = None) -> tuple[AvailableMatrix, ...]:
    """List the matrices that came with gpuenv, the newest first; `matrices-missing` where there is none."""
    shelf = _shelf()
    found: list[AvailableMatrix] = []
    for folder in shelf.iterdir():
        if (folder / MANIFEST).is_file():
            manifest = parse_manifest(read_table(folder, MANIFEST, cache=cache))
            found.append(AvailableMatrix(version=manifest.version, released=manifest.released, folder=folder))
    if not found:
        raise GpuenvError("matrices-missing", folder=str(shelf))
    return tuple(sorted(found, key=lambda matrix: _order(matrix.version), reverse=True))


def find_matrix(choice: str | None, *, cwd: Path, cache: Path | None = None) -> Path:
    """Find the folder of a matrix; `unknown-matrix` with the versions that are near."""
    if choice is None:
        return available_matrices(cache=cache)[0].folder
    if is_matrix_version(choice):
        folder = next((matrix.folder for matrix in available_matrices(cache=cache) if matrix.version == choice), None)
        if folder is not None:
            return folder
    path = (cwd / Path(choice).expanduser()).resolve()
    if path.is_dir():
        return path
    import difflib  # noqa: PLC0415 - only for a slip of the finger

    versions = [matrix.version for matrix in available_matrices()]
    near = difflib.get_close_matches(choice, versions, n=3, cutoff=0.5) or versions
    raise UsageError("unknown-matrix", matrix=choice, near=tuple(near), nearest=near[0])


def _gpu_models(folder: Path, cache: Path | None) -> tuple[GpuModel, ...]:
    return parse_gpus(read_table(folder, "gpus.toml", cache=cache)).models


def _extensions(folder: Path, cache: Path | None) -> ExtensionsFile:
    if not (folder / EXTENSIONS).is_file():
        return ExtensionsFile(extensions=(), unused_sources=())
    return parse_extensions(read_table(folder, EXTENSIONS, cache=cache))


def _shelf() -> Path:
    """Find the folder of matrices: in the package when installed from a wheel, else that of the checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "matrices", package.parents[1] / "matrices"):
        if folder.is_dir():
            return folder
    raise GpuenvError("matrices-missing", folder=str(package / "matrices"))


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
