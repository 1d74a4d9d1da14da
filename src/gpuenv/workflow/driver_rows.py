"""Loads what the matrix says that each compute capability asks of a driver, and nothing else of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.matrix.architectures_file import parse_architectures
from gpuenv.matrix.folder import read_table
from gpuenv.matrix.shelf import find_matrix

if TYPE_CHECKING:
    from gpuenv.models.matrix import ArchitectureRow
    from gpuenv.models.surroundings import Surroundings


def load_driver_rows(choice: str | None, surroundings: Surroundings) -> tuple[ArchitectureRow, ...]:
    """Load the rows of a matrix: its version, the path of its folder, or the newest. Raises as `load_matrix` does."""
    folder = find_matrix(choice, cwd=surroundings.cwd)
    return parse_architectures(read_table(folder, "architectures.toml")).rows
