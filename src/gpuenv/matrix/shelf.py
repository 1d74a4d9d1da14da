"""Finds the matrices: those that came with gpuenv, or the folder that was named."""

from __future__ import annotations

from pathlib import Path

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.matrix.folder import read_table
from gpuenv.matrix.manifest_file import MANIFEST, is_matrix_version, parse_manifest
from gpuenv.models.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailableMatrix:
    """One matrix that came with gpuenv."""

    version: str
    released: str
    folder: Path


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


def came_with_gpuenv(folder: Path) -> bool:
    """Whether a matrix is one of those that came with gpuenv, which were read and tested as a whole."""
    return folder.parent == _shelf()


def _shelf() -> Path:
    """Find the folder of matrices: in the package when installed from a wheel, else that of the checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "matrices", package.parents[1] / "matrices"):
        if folder.is_dir():
            return folder
    raise GpuenvError("matrices-missing", folder=str(package / "matrices"))


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
