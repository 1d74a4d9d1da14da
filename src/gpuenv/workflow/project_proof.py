"""Reads what a project itself names as its proof, and tells which of it has to wait until an extension is built."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gpuenv.models.notice import Notice
from gpuenv.models.typed_command import quoted
from gpuenv.project.table import read_project_table
from gpuenv.verify.own_proof import OwnProof
from gpuenv.workflow.failed_checks import judge_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.environment import Environment
    from gpuenv.models.plan import Plan
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options


def project_proof(options: Options, commands: Sequence[str], surroundings: Surroundings) -> OwnProof:
    """Gather the extensions to import and the commands that `[tool.gpuenv]` names, and `commands` beside them."""
    table = read_project_table(surroundings.cwd)
    named = (*(table.verify_commands if table is not None else ()), *commands)
    return OwnProof(
        commands=tuple(dict.fromkeys(named)),
        extensions=tuple(map(project_of, table.extensions)) if table is not None else (),
        cwd=surroundings.cwd,
        judge=judge_output(options, surroundings) if named else None,
    )


def project_of(line: str) -> str:
    """Name the project of a requirement, of a wheel or of an address (`#egg=`); else the line itself."""
    try:
        return canonicalize_name(Requirement(line).name)
    except InvalidRequirement:
        name = line.rpartition("#egg=")[2] if "#egg=" in line else line.replace("\\", "/").rpartition("/")[2]
        return canonicalize_name(name.partition("-")[0]) if name.endswith(".whl") else name


def after_change(own: OwnProof, environment: Environment, steps: Plan) -> tuple[OwnProof, tuple[Notice, ...]]:
    """Leave out what cannot hold yet after a change: extensions are built for the torch that is there only now.

    One that is not installed, or that stayed while torch was replaced, is still to be built; the project's commands
    need it, so that they wait too.
    """
    came = {*(step.project for step in steps.installs), *(step.project for step in steps.builds)}
    waiting = tuple(
        name for name in own.extensions if environment.installed(name) is None or ("torch" in came and name not in came)
    )
    if not waiting:
        return own, ()
    where = f"--venv {quoted(str(environment.root))}"
    note = Notice.of(
        "own-proof-waits",
        extensions=waiting,
        commands=own.commands,
        build=f"gpuenv build {' '.join(map(quoted, waiting))} {where}",
        verify=f"gpuenv verify {where}",
    )
    rest = tuple(name for name in own.extensions if name not in waiting)
    return replace(own, extensions=rest, commands=()), (note,)
