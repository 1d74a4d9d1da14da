"""Makes applications of what a project's table says of them: `[tool.gpuenv.applications.NAME]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.models.application import (
    Application,
    ApplicationCheck,
    ApplicationExtension,
    ApplicationRequirement,
    ApplicationSetting,
    KeptOut,
)
from gpuenv.models.matrix import Evidence, Provenance
from gpuenv.project.requirement_files import parse_requirement
from gpuenv.project.table import read_project_table

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.project.table import ApplicationTable


def read_project_applications(cwd: Path, *, today: str) -> tuple[Application, ...]:
    """Read the applications of the project in that folder; () where it names none.

    `today` is the ISO date that their provenance carries. Raises what `read_project_table` raises, and
    `requirement-invalid`.
    """
    table = read_project_table(cwd)
    if table is None:
        return ()
    provenance = Provenance(evidence=Evidence.REPORT, source=table.file, verified=today)
    return tuple(application_from(one, provenance) for one in table.applications)


def application_from(table: ApplicationTable, provenance: Provenance) -> Application:
    """Make the application that one table describes; it applies as `app:NAME` and to a requirement of that name."""
    return Application(
        name=canonicalize_name(table.name),
        is_package=True,
        about="",
        requires=tuple(
            ApplicationRequirement(requirement=parse_requirement(text), provenance=provenance)
            for text in table.requirements
        ),
        keeps_out=tuple(KeptOut(project=canonicalize_name(name), provenance=provenance) for name in table.keep_out),
        extensions=tuple(
            ApplicationExtension(
                package=canonicalize_name(name), build_from=source, import_check="", provenance=provenance
            )
            for name, source in table.extensions
        ),
        checks=(
            *(ApplicationCheck(capability=name, imports=None, provenance=provenance) for name in table.require),
            *(ApplicationCheck(capability=None, imports=name, provenance=provenance) for name in table.imports),
        ),
        settings=tuple(
            ApplicationSetting(variable=variable, value=value, provenance=provenance)
            for variable, value in table.settings
        ),
        provenance=provenance,
    )
