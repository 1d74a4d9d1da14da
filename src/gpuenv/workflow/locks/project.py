"""What a project's own table says to `gpuenv lock`, and how that table is written for the first time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.lock.file import write_lock_file
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass
from gpuenv.project.table import read_project_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.models.surroundings import Surroundings
    from gpuenv.project.table import ProjectTable
    from gpuenv.workflow.options import Options

_FOLDER: Final = "locks"
_OLDEST: Final = (5, 0)
"""The oldest compute capability that any supported driver still drives beside current cards: Maxwell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLock:
    """The machines that a project is locked for."""

    targets: tuple[str, ...]
    platform: str | None
    """Several joined by commas, as the command takes them."""
    python: str | None
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised:
    """The table as it was written."""

    path: Path
    values: Mapping[str, str | tuple[str, ...]]
    is_changed: bool


def with_project(options: Options, surroundings: Surroundings) -> tuple[Options, tuple[Notice, ...]]:
    """Let the project's table say what the command does not, where it says what is wanted at all.

    An extension without wheels cannot be locked: it is built on each machine, and a remark says so.
    """
    if options.requirements or options.requirement_files:
        return options, ()
    table = read_project_table(surroundings.cwd)
    if table is None:
        return options, ()
    extensions, notes = _extensions(table, options, surroundings)
    return (
        replace(
            options,
            requirements=(*table.requirements, *extensions) if extensions else (),
            indexes=options.indexes or table.indexes,
            channel=table.channel if table.channel is not None and options.channel == "stable" else options.channel,
        ),
        notes,
    )


def project_lock(options: Options, surroundings: Surroundings) -> ProjectLock | None:
    """Give the machines that the project's table names; None where it names none, or requirements were given."""
    if options.requirements or options.requirement_files:
        return None
    table = read_project_table(surroundings.cwd)
    if table is None or not table.targets:
        return None
    return ProjectLock(
        targets=table.targets,
        platform=options.platform or ",".join(table.platforms) or None,
        python=options.python or ",".join(table.pythons) or None,
        folder=table.locks or _FOLDER,
    )


def _extensions(
    table: ProjectTable, options: Options, surroundings: Surroundings
) -> tuple[tuple[str, ...], tuple[Notice, ...]]:
    """Part the extensions into those that an index has wheels of, and those that each machine builds."""
    if not table.extensions:
        return (), ()
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - few projects have extensions

    from gpuenv.project.requirement_files import parse_requirement  # noqa: PLC0415
    from gpuenv.workflow.resolving.matrix_data import load_data  # noqa: PLC0415

    known = {row.package: row for row in load_data(options.matrix, surroundings).matrix.extensions}
    locked: list[str] = []
    built: list[str] = []
    for text in table.extensions:
        row = known.get(canonicalize_name(parse_requirement(text).name))
        (locked if row is None or "pypi" in row.wheels else built).append(text)
    return tuple(locked), tuple(Notice.of("lock-leaves-extension-out", extension=text) for text in built)


def init_project(options: Options, surroundings: Surroundings, *, has_target: bool) -> Initialised:
    """Write the table into pyproject.toml, or gpuenv.toml where there is no such file or one of ours already.

    Comments, order and what the table says already stay. Raises `project-file-unreadable`, the codes of
    `update_table`, and what `read_project_table` raises of the result.
    """
    from gpuenv.lock.project_table import update_table  # noqa: PLC0415 - only for --init

    own, project = surroundings.cwd / "gpuenv.toml", surroundings.cwd / "pyproject.toml"
    is_own = own.exists() or not project.exists()
    path = own if is_own else project
    values = _values(options, surroundings, has_target=has_target)
    try:
        before = path.read_bytes().decode() if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise GpuenvError("project-file-unreadable", file=str(path), detail=str(error)) from error
    text, written = update_table(before, values, file=str(path), is_own_file=is_own)
    is_changed = write_lock_file(path, text)
    read_project_table(surroundings.cwd)
    return Initialised(path=path, values=written, is_changed=is_changed)


def _values(options: Options, surroundings: Surroundings, *, has_target: bool) -> dict[str, str | tuple[str, ...]]:
    """Say what the table is to hold: what was given, and what a project needs at the least."""
    values: dict[str, str | tuple[str, ...]] = {
        "targets": tuple(part.strip() for part in options.target.split(",")) if has_target else ("", "cpu"),
        "requirements": options.requirements or ("torch", "torchvision"),
    }
    if not has_target:
        from gpuenv.workflow.resolving.matrix_data import load_data  # noqa: PLC0415 - only where no target was named

        newest = max(row.capability for row in load_data(options.matrix, surroundings).matrix.architectures)
        values["targets"] = (f"sm_{_OLDEST[0]}{_OLDEST[1]}..{newest.sm}", "cpu")
    for key, text in (("platforms", options.platform), ("pythons", options.python)):
        if text is not None:
            values[key] = tuple(part.strip() for part in text.split(",") if part.strip())
    if options.indexes is not None:
        values["indexes"] = options.indexes
    if options.channel != "stable":
        values["channel"] = options.channel
    return values
