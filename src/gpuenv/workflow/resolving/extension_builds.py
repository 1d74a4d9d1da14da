"""Tells which extensions of applications a plan has to build, and which are asked for as wheels first."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gpuenv.models.notice import Notice
from gpuenv.models.plan import Build
from gpuenv.models.resolution import Conflict
from gpuenv.models.settings import redact_url
from gpuenv.project.requirement_files import RequirementLine
from gpuenv.workflow.resolving.extension_lines import named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gpuenv.errors import ContextValue
    from gpuenv.models.application import Application, ApplicationExtension
    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.extension import Extension
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.resolving.extension_lines import Extensions


def wheels_first(
    applications: Sequence[Application], known: Sequence[Extension], *, is_cpu: bool
) -> tuple[RequirementLine, ...]:
    """Ask for the extensions that the matrix knows pages of wheels of: they are built where none serves."""
    if is_cpu:
        return ()
    with_wheels = {row.package for row in known if row.wheels and row.binds_to_torch}
    return tuple(
        RequirementLine(
            text=extension.build_from,
            file=f"app:{application.name}",
            line=0,
            kind="requirement",
            requirement=Requirement(extension.build_from),
        )
        for application in applications
        for extension in application.extensions
        if extension.package in with_wheels and _is_requirement(extension)
    )


def _is_requirement(extension: ApplicationExtension) -> bool:
    try:
        found = Requirement(extension.build_from)
    except InvalidRequirement:
        return False
    return found.url is None and canonicalize_name(found.name) == extension.package


def wanted_builds(
    applications: Sequence[Application],
    environment: Environment | None,
    outcome: Resolution | Conflict,
    target: Target,
    surroundings: Surroundings,
) -> tuple[Build, ...]:
    """Name the extensions that nothing brings: not there, bound to a torch that goes, or compiled for other GPUs."""
    torch = None if isinstance(outcome, Conflict) else outcome.pin("torch")
    if target.is_cpu or isinstance(outcome, Conflict) or torch is None:
        return ()
    found: dict[str, Build] = {}
    for application in applications:
        for extension in application.extensions:
            there = environment.installed(canonicalize_name(extension.package)) if environment is not None else None
            reason = None
            if outcome.pin(extension.package) is None:
                reason = _why(application, there, environment, outcome, target, surroundings)
            if reason is None:
                continue
            found[extension.package] = Build(
                project=extension.package,
                source=extension.build_from,
                application=application.name,
                import_check=extension.import_check,
                torch=str(torch.version),
                torch_tag=torch.tag,
                architectures=_architectures(target),
                reason=reason,
                replaces=there.version if there is not None else None,
                files=extension.files,
            )
    return tuple(found.values())


def asked_builds(
    extensions: Extensions,
    served: Sequence[Notice],
    applications: Sequence[Application],
    environment: Environment | None,
    outcome: Resolution | Conflict,
    target: Target,
) -> tuple[Build, ...]:
    """Name the extensions that were asked for themselves and that no wheel serves; `served` tells which those are.

    What an application needs is not among them: `wanted_builds` names that.
    """
    torch = None if isinstance(outcome, Conflict) else outcome.pin("torch")
    if torch is None:
        return ()
    of_applications = {one.package for application in applications for one in application.extensions}
    without = {note.context.get("package") for note in served if note.code in _WITHOUT_WHEEL} - of_applications
    found = []
    for requirement, row in extensions.bound.values():
        if row.package not in without:
            continue
        there = environment.installed(canonicalize_name(row.package)) if environment is not None else None
        code = "no-wheel-of-extension" if there is None else "extension-bound-to-other-torch"
        found.append(
            Build(
                project=row.package,
                source=f"{named(requirement)}{requirement.specifier}",
                application=None,
                import_check="",
                torch=str(torch.version),
                torch_tag=torch.tag,
                architectures=_architectures(target),
                reason=Notice.of(code, torch=str(torch.version)),
                replaces=there.version if there is not None else None,
            )
        )
    return tuple(found)


def _architectures(target: Target) -> tuple[str, ...]:
    return tuple(str(one) for one in sorted({one for gpu in target.gpus for one in gpu.capabilities}))


def _why(
    application: Application,
    there: InstalledDistribution | None,
    environment: Environment | None,
    outcome: Resolution,
    target: Target,
    surroundings: Surroundings,
) -> Notice | None:
    """Say why an extension is compiled; None where the installed one does."""
    torch = outcome.pin("torch")
    facts: dict[str, ContextValue] = {
        "application": application.name,
        "torch": str(torch.version) if torch is not None else None,
    }
    if there is None or environment is None:
        return Notice.of("no-wheel-serves", **facts)
    if there.problems or "torch" not in outcome.kept:
        return Notice.of("bound-to-other-torch", **facts)
    from gpuenv.workflow.libraries.extension_code import lacking_code  # noqa: PLC0415 - few applications compile

    lacking = lacking_code(there, environment, target, surroundings)
    if lacking is None:
        return None
    return Notice.of("built-for-other-gpu", **facts, gpus=lacking.gpus, sass=lacking.sass)


def build_notes(builds: Sequence[Build], *, described: str | None, venv: str | None) -> Iterator[Notice]:
    """Say of extensions that nothing builds how they are built.

    `described` is the target as the user wrote it, None for this machine's GPUs; `venv` the environment likewise.
    """
    chosen = (("--target", described) if described else ()) + (("--venv", venv) if venv else ())
    for build in builds:
        yield Notice.of(
            "application-needs-build",
            application=build.application,
            package=build.project,
            command=shlex.join(["gpuenv", "build", redact_url(build.source), *chosen]),
        )


def without_left_out(notes: Sequence[Notice], builds: Collection[Build]) -> tuple[Notice, ...]:
    """Leave away what is said of extensions that nothing would build: something does.

    That a page could not be read stays: with it there may be a wheel, and nothing to compile.
    """
    built = {build.project for build in builds}
    kept = []
    for note in notes:
        if note.code not in _LEFT_OUT or str(note.context.get("package")) not in built:
            kept.append(note)
        elif note.code == _UNREAD:
            facts = {name: note.context.get(name) for name in ("package", "torch", "page")}
            kept.append(Notice.of("extension-compiled-page-unread", **facts))
    return tuple(kept)


def without_rebuilt(resolution: Resolution, builds: Collection[Build]) -> Resolution:
    """Leave away that installed extensions do not go with the torch that comes: they are compiled against it."""
    built = {build.project for build in builds}
    notes = []
    for note in resolution.notes:
        broken = note.context.get("requirements")
        if note.code != _BROKEN or not isinstance(broken, tuple):
            notes.append(note)
            continue
        others = tuple(text for text in broken if canonicalize_name(Requirement(text).name) not in built)
        if others:
            notes.append(Notice.of(note.code, **{**note.context, "requirements": others}))
    return replace(resolution, notes=tuple(notes))


_UNREAD = "extension-page-unread"
_WITHOUT_WHEEL = frozenset({"extension-needs-build", "extension-page-unread"})
"""What is said of an extension where no wheel of it was found; offline nobody knows, and nothing is compiled."""
_BROKEN = "installed-requirements-broken"
_LEFT_OUT = frozenset(
    {"application-needs-build", "extension-needs-build", "extension-page-unread", "extension-not-looked-for"}
)
