"""Finds the way out where what was typed contradicts an application: to leave it to the application."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause, Conflict
from gpuenv.models.typed_command import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from gpuenv.models.application import Application
    from gpuenv.models.resolution import Resolution
    from gpuenv.project.requirement_files import RequirementLine
    from gpuenv.workflow.options import Options


def left_to_application(
    conflict: Conflict,
    lines: Sequence[RequirementLine],
    applications: Sequence[Application],
    options: Options,
    again: Callable[[Sequence[RequirementLine]], Resolution | Conflict],
) -> Conflict:
    """Name the command without the requirements that contradict an application, where that resolves (`again`).

    Else the conflict as it is. It takes the place of the causes found for the requirements alone: those would leave
    the application out, whose ranges are facts and not to be chosen.
    """
    if conflict.reason.code != "requirements-exclude-every-build" or options.typed is None or options.requirement_files:
        return conflict
    owners = _owners(applications)
    contradicting = [line for line in lines if _narrows(line, owners)]
    if not contradicting:
        return conflict
    found = again([line for line in lines if line not in contradicting])
    if isinstance(found, Conflict):
        return conflict
    texts = tuple(line.text for line in contradicting)
    remaining = (quoted(text) for text in options.requirements if text not in texts)
    change = Notice.of(
        "leave-to-application",
        requirements=texts,
        application=tuple(dict.fromkeys(owners[_project(line)] for line in contradicting)),
        command=str(options.typed.asking_for(*remaining)),
    )
    gives = found.torch.build.label if found.torch is not None else None
    return replace(conflict, causes=(Cause(change=change, would_give=gives),))


def _owners(applications: Sequence[Application]) -> dict[str, str]:
    """Name the application that requires a project, by project."""
    return {
        canonicalize_name(part.requirement.name): application.name
        for application in applications
        for part in application.requires
    }


def _narrows(line: RequirementLine, owners: Collection[str]) -> bool:
    """Whether a line chooses versions of what an application requires."""
    return line.requirement is not None and bool(line.requirement.specifier) and _project(line) in owners


def _project(line: RequirementLine) -> str:
    """Name the project of a line; nothing for a line without one."""
    return canonicalize_name(line.requirement.name) if line.requirement is not None else ""
