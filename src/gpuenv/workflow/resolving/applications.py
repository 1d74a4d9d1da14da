"""Applies what the matrix and the project know of applications to a request: it is data about a requirement."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from gpuenv.errors import UsageError
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.project.requirement_files import RequirementLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.models.application import Application
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.target import Target

PREFIX: Final = "app:"
"""How an application is asked for that is no package."""
_RUNTIME_OWNERS: Final = frozenset({"onnxruntime"})
"""Kept out already by the choice of onnxruntime-gpu, which takes their place where they are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The lines of a request with what is known of the applications among them."""

    lines: tuple[RequirementLine, ...]
    applications: tuple[Application, ...] = ()
    """Those whose rows were applied, in the order in which they were asked for."""
    excluded: tuple[str, ...] = ()
    """Projects that no dependency may bring in."""
    notes: tuple[Notice, ...] = ()


def application_name(text: str) -> str | None:
    """Give the canonical NAME of `app:NAME`; None for anything else."""
    return canonicalize_name(text[len(PREFIX) :].strip()) if text.lower().startswith(PREFIX) else None


def may_have_applications(lines: Sequence[RequirementLine]) -> bool:
    """Whether any line could name an application: those of the GPU family alone cannot."""
    return any(line.kind == "application" or (line.requirement and not line.is_family) for line in lines)


def apply_applications(
    lines: Sequence[RequirementLine], known: Sequence[Application], *, is_cpu: bool = False
) -> Applied:
    """Put the requirements of known applications beside the lines; `app:NAME` itself goes.

    Raises `UsageError("unknown-application")` with near names. On a CPU target nothing is kept out: there plain
    onnxruntime is the right one.
    """
    by_name = {application.name: application for application in known}
    found: dict[str, Application] = {}
    versioned: set[str] = set()
    for line in lines:
        application = _application_of(line, by_name)
        if application is not None:
            found.setdefault(application.name, application)
        if line.requirement is not None and line.requirement.specifier:
            versioned.add(canonicalize_name(line.requirement.name))
    excluded = () if is_cpu else tuple(dict.fromkeys(out.project for one in found.values() for out in one.keeps_out))
    stay, notes = _without_excluded([line for line in lines if line.kind != "application"], excluded, found)
    return Applied(
        lines=(*stay, *_required(found, versioned)),
        applications=tuple(found.values()),
        excluded=excluded,
        notes=notes,
    )


def _application_of(line: RequirementLine, by_name: dict[str, Application]) -> Application | None:
    if line.kind == "application":
        name = application_name(line.text) or ""
        if name not in by_name:
            raise _unknown(name, tuple(by_name))
        return by_name[name]
    if line.kind != "requirement" or line.requirement is None:
        return None
    application = by_name.get(canonicalize_name(line.requirement.name))
    return application if application is not None and application.is_package else None


def _unknown(name: str, known: Sequence[str]) -> UsageError:
    import difflib  # noqa: PLC0415 - only for a slip of the finger

    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or list(known)
    return UsageError("unknown-application", application=name, near=tuple(near), nearest=near[0] if near else None)


def find_application(name: str, known: Sequence[Application]) -> Application:
    """Find an application by its name, with or without `app:`; raises as `apply_applications` does."""
    wanted = application_name(name) or canonicalize_name(name)
    found = next((application for application in known if application.name == wanted), None)
    if found is None:
        raise _unknown(wanted, tuple(application.name for application in known))
    return found


def _required(found: dict[str, Application], versioned: set[str]) -> Iterator[RequirementLine]:
    for application in found.values():
        for one in application.requires:
            if one.is_newest_only and application.name in versioned:
                continue
            yield RequirementLine(
                text=str(one.requirement),
                file=PREFIX + application.name,
                line=0,
                kind="requirement",
                requirement=one.requirement,
            )


def _without_excluded(
    lines: Sequence[RequirementLine], excluded: Sequence[str], found: dict[str, Application]
) -> tuple[tuple[RequirementLine, ...], tuple[Notice, ...]]:
    """Drop what was asked for and is kept out, and say so."""
    stay: list[RequirementLine] = []
    notes: list[Notice] = []
    for line in lines:
        name = canonicalize_name(line.requirement.name) if line.requirement is not None else ""
        if name in excluded and name not in _RUNTIME_OWNERS:
            owner = next(one.name for one in found.values() if any(out.project == name for out in one.keeps_out))
            notes.append(Notice.of("application-keeps-out", project=name, application=owner))
        else:
            stay.append(line)
    return tuple(stay), tuple(notes)


def without_excluded(outcome: Resolution | Conflict, excluded: Sequence[str]) -> Resolution | Conflict:
    """Let no dependency bring in what is kept out."""
    if isinstance(outcome, Conflict) or not excluded:
        return outcome
    return replace(outcome, excluded=tuple(dict.fromkeys((*outcome.excluded, *excluded))))


def application_limits(applications: Sequence[Application], target: Target) -> tuple[Notice, ...]:
    """Say what is known not to work on the target's GPUs."""
    capabilities = {capability for gpu in target.gpus for capability in gpu.capabilities}
    return tuple(
        Notice.of(limit.code, application=application.name)
        for application in applications
        for limit in application.limits
        if any(limit.holds_for(capability) for capability in capabilities)
    )
