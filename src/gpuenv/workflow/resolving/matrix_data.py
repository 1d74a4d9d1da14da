"""A matrix, and what is worked out of it and asked once for all resolutions of a run."""

from __future__ import annotations

from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING

from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.value import dataclass
from gpuenv.project.folders import matrix_cache
from gpuenv.resolve.tables import make_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gpuenv.models.application import Application
    from gpuenv.models.matrix import CompatibilityMatrix, GpuModel
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.project.requirement_files import RequirementLine
    from gpuenv.resolve.tables import Tables
    from gpuenv.workflow.resolving.newest_release import Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixData:
    """A matrix, and what is worked out of it once for all resolutions of a run."""

    matrix: CompatibilityMatrix
    tables: Tables
    """The matrix in the order of the search, shared by all resolutions of a run."""
    gpu_models: Callable[[], Sequence[GpuModel]]
    answers: Answers = field(default_factory=dict)
    """What the default index answered about newer releases: fills as it is asked."""
    needed: dict[object, tuple[RequirementLine, ...] | None] = field(default_factory=dict)
    """What the engine answered about requirements of others, where no environment tells: fills as it is asked."""
    applications: Callable[[], Sequence[Application]] = tuple
    """What is known of applications, the project's own first: read where a request could name one."""


def load_data(choice: str | None, surroundings: Surroundings) -> MatrixData:
    """Load the matrix of that choice (None: the newest)."""
    matrix = load_matrix(choice, cwd=surroundings.cwd, cache=matrix_cache(surroundings))

    @cache
    def applications() -> Sequence[Application]:
        from gpuenv.workflow.known_applications import known_applications  # noqa: PLC0415 - few name more than torch

        return known_applications(choice, surroundings)

    return MatrixData(
        matrix=matrix,
        tables=make_tables(matrix),
        gpu_models=lambda: matrix.gpus,
        applications=applications,
    )
