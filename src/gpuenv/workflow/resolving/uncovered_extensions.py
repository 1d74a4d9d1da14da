"""Refuses what was asked for and whose wheels have no code for a GPU, where nobody can compile it (rule 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from gpuenv.models.extension import SourceBuild
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause, Conflict
from gpuenv.models.typed_command import quoted
from gpuenv.workflow.resolving.extension_choice import lacking_gpus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.requirements import Requirement

    from gpuenv.models.application import Application
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.target import Target
    from gpuenv.project.requirement_files import RequirementLine
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.extension_lines import Extensions

_OPEN: Final = frozenset({">", ">="})
"""What lets the newest wheels be taken, the ones that something is known of."""


def if_covered(
    outcome: Resolution,
    typed: Sequence[RequirementLine],
    applications: Sequence[Application],
    extensions: Extensions,
    target: Target,
    options: Options,
) -> Resolution | Conflict:
    """Give the resolution; a conflict where something that the user named holds nothing for a selected GPU.

    An older release that is asked for by name is let through: only of the newest wheels is it known what they hold.
    """
    named: dict[str, RequirementLine] = {
        canonicalize_name(line.requirement.name): line for line in typed if line.requirement is not None
    }
    found = {
        project: gpus
        for project, gpus in (*_of_applications(applications, target), *_of_extensions(extensions, target))
        if project in named and gpus and _takes_newest(named[project].requirement)
    }
    if not found:
        return outcome
    lacking = tuple(dict.fromkeys(gpu.label for gpus in found.values() for gpu in gpus))
    packages = tuple(found)
    reason = Notice.of("extension-never-serves-gpu", packages=packages, gpus=lacking)
    texts = {named[project].text for project in found}
    change = Notice.of("leave-extension-out", packages=packages, instead=None, command=_without(texts, options))
    return Conflict(reason=reason, causes=(Cause(change=change, would_give=None),))


def _takes_newest(requirement: Requirement | None) -> bool:
    return requirement is not None and all(one.operator in _OPEN for one in requirement.specifier)


def _of_applications(applications: Sequence[Application], target: Target) -> Iterator[tuple[str, list[Gpu]]]:
    for application in applications:
        for limit in application.limits if application.is_package else ():
            if limit.excludes:
                yield application.name, [gpu for gpu in target.gpus if any(map(limit.holds_for, gpu.capabilities))]


def _of_extensions(extensions: Extensions, target: Target) -> Iterator[tuple[str, list[Gpu]]]:
    for _, row in extensions.free:
        if row.source_build is SourceBuild.NEVER:
            yield row.package, lacking_gpus(row, target)


def _without(texts: set[str], options: Options) -> str | None:
    """Write the command without these requirements; None where it is not the command that names them."""
    if options.typed is None or options.requirement_files or not texts <= set(options.requirements):
        return None
    return str(options.typed.asking_for(*(quoted(text) for text in options.requirements if text not in texts)))
