"""Gathers what a resolution starts from: the environment, the target's Python, and the lines that were asked for."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.errors import UsageError
from gpuenv.models.platform import PythonVersion
from gpuenv.workflow.resolving.applications import application_name
from gpuenv.workflow.target import DETECTED

if TYPE_CHECKING:
    from gpuenv.models.environment import Environment
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.project.requirement_files import RequirementLine
    from gpuenv.workflow.options import Options


def environment_of(
    options: Options, surroundings: Surroundings, *, looks_at_environment: bool | None
) -> tuple[Path | None, Environment | None]:
    """Find and read the environment; a described target has none unless `--venv` names one.

    A folder that holds nothing but gpuenv's records is none yet: a new environment that was undone leaves it.
    """
    looks = options.target in DETECTED if looks_at_environment is None else looks_at_environment
    if not looks and options.venv is None:
        return None, None
    from gpuenv.detect.environment import find_environment, read_environment  # noqa: PLC0415 - not for described targets

    root = find_environment(options.venv, surroundings)
    if not is_environment(root):
        return root, None
    environment = read_environment(root, surroundings=surroundings)
    return root, _compared(environment) if options.checks_hashes else environment


def is_environment(root: Path) -> bool:
    """Whether something is there that has to be read, and, where it is no environment, refused."""
    if not root.is_dir() or (root / "pyvenv.cfg").exists():
        return root.exists()
    from gpuenv.install.environments import is_free  # noqa: PLC0415 - few folders have no pyvenv.cfg

    return not is_free(root)


def _compared(environment: Environment) -> Environment:
    """Mark the distributions of which a file is not, byte for byte, what was recorded of it."""
    from gpuenv.install.soundness import damages  # noqa: PLC0415 - only with --check-hashes

    everything = {found.name for found in environment.distributions}
    found = damages(environment, {}, touched=everything, taken=(), checks_hashes=True)
    altered = {damage.context["package"] for damage in found}
    return replace(
        environment,
        distributions=tuple(
            replace(one, problems=(*one.problems, "files-altered")) if one.name in altered else one
            for one in environment.distributions
        ),
    )


def python_of(options: Options, environment: Environment | None, surroundings: Surroundings) -> PythonVersion:
    """Tell the target's Python: the environment's, the one named by version or path, or the one that runs gpuenv."""
    if environment is not None:
        return environment.python_version
    if options.python is None:
        return PythonVersion(major=sys.version_info.major, minor=sys.version_info.minor)
    try:
        return PythonVersion.parse(options.python.removeprefix("python"))
    except ValueError as error:
        path = surroundings.cwd / Path(options.python)
        if not path.is_file():
            raise UsageError("python-version-invalid", python=options.python) from error
    from gpuenv.detect.environments.interpreter import ask_interpreter  # noqa: PLC0415 - only where a path was given

    return ask_interpreter(path, surroundings.environ).version


def requirement_lines(options: Options, surroundings: Surroundings) -> tuple[RequirementLine, ...]:
    """Gather what was asked for: REQ (`app:NAME` too) and `-r` files; without them what the project's table names."""
    from gpuenv.project.requirement_files import (  # noqa: PLC0415
        RequirementLine,
        parse_requirement,
        read_requirement_files,
    )

    texts, origin = options.requirements, "command line"
    if not texts and not options.requirement_files:
        from gpuenv.project.table import read_project_table  # noqa: PLC0415 - only where the command names nothing

        table = read_project_table(surroundings.cwd)
        texts, origin = (table.requirements, table.file) if table is not None else ((), origin)
    return (
        *(
            RequirementLine(text=text, file=origin, line=number, kind="application")
            if application_name(text) is not None
            else RequirementLine(
                text=text, file=origin, line=number, kind="requirement", requirement=parse_requirement(text)
            )
            for number, text in enumerate(texts, start=1)
        ),
        *read_requirement_files(options.requirement_files, cwd=surroundings.cwd, environ=surroundings.environ),
    )
