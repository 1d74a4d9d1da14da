"""Loads what a matrix knows of applications: most runs name torch alone, and ask for nothing of this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.matrix.folder import read_table
from gpuenv.matrix.shelf import find_matrix

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from gpuenv.models.application import Application

APPLICATIONS: Final = "applications.toml"
"""Absent in matrices from before it was known."""


def load_applications(
    choice: str | None, *, cwd: Path, cache: Path | None = None, among: Collection[str] | None = None
) -> tuple[Application, ...]:
    """Load what a matrix knows of applications; () for one from before that was known.

    `among`: () as well where it knows none of these names, and without reading what is said of the others. The other
    arguments and the errors are those of `load_matrix`.
    """
    folder = find_matrix(choice, cwd=cwd, cache=cache)
    if not (folder / APPLICATIONS).is_file():
        return ()
    table = read_table(folder, APPLICATIONS, cache=cache)
    if among is not None and not any(row.text("name") in among for row in table.tables("application")):
        return ()
    from gpuenv.matrix.applications_file import parse_applications  # noqa: PLC0415 - few environments need it

    return parse_applications(table).applications
