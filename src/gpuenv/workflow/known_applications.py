"""Gathers what is known of applications: by the project's own table, and by the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.matrix.applications import load_applications
from gpuenv.project.folders import matrix_cache
from gpuenv.project.table import read_project_table

if TYPE_CHECKING:
    from collections.abc import Collection

    from gpuenv.models.application import Application
    from gpuenv.models.surroundings import Surroundings


def known_applications(
    choice: str | None, surroundings: Surroundings, *, among: Collection[str] | None = None
) -> tuple[Application, ...]:
    """Gather what the project's table and the matrix know of applications; the project's word counts first.

    `among`: the names that the caller looks for, where those are few; others may be left out.
    """
    own: tuple[Application, ...] = ()
    if read_project_table(surroundings.cwd) is not None:
        from gpuenv.project.applications import read_project_applications  # noqa: PLC0415 - few projects have a table

        own = read_project_applications(surroundings.cwd, today=surroundings.now.date().isoformat())
    names = {application.name for application in own}
    shared = load_applications(choice, cwd=surroundings.cwd, cache=matrix_cache(surroundings), among=among)
    return (*own, *(application for application in shared if application.name not in names))
