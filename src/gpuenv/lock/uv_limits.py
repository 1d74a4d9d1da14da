"""Reads what a uv project itself asks for and limits, and checks a choice against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import tomlkit
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.lock.uv_extra import marker_variables, project_of
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from gpuenv.models.resolution import Resolution
    from gpuenv.models.target import Target

_MOVING: Final = frozenset({"torch", "torchvision", "torchaudio"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UvLimits:
    """What stands in a project for a target, requirements as written."""

    dependencies: tuple[str, ...] = ()
    """Outside the GPU family, which is chosen, and without what the project has a source of its own for."""
    constraints: tuple[str, ...] = ()
    """Limits on what is outside the family."""
    excluded: tuple[str, ...] = ()
    family: tuple[tuple[str, Requirement], ...] = ()
    """Limits on the family, by the key that they stand under."""


def read_limits(text: str, *, target: Target) -> UvLimits:
    """Read the text of a pyproject.toml whose shape was checked (`parse_project`)."""
    document = tomlkit.parse(text.removeprefix("\ufeff")).unwrap()
    uv: Mapping[str, Any] = document.get("tool", {}).get("uv", {})
    variables = marker_variables(target)
    asked = tuple(_applying(document["project"].get("dependencies", ()), variables))
    limiting = [
        (key, limit)
        for key in ("constraint-dependencies", "override-dependencies")
        for limit in _applying(uv.get(key, ()), variables)
    ]
    stated = [
        *(("project.dependencies", found) for found in asked),
        *((f"tool.uv.{key}", one) for key, one in limiting),
    ]
    return UvLimits(
        dependencies=() if _has_own_index(uv) else tuple(str(found) for found in asked if _is_foreign(found, uv)),
        constraints=tuple(str(found) for _, found in limiting if not _is_family(found)),
        excluded=tuple(canonicalize_name(str(name)) for name in uv.get("exclude-dependencies", ())),
        family=tuple((key, found) for key, found in stated if _is_family(found) and found.specifier),
    )


def stated_limits(text: str) -> tuple[str, ...]:
    """Give a project's limits on the family, as the resolver takes them, whatever target they are for."""
    document = tomlkit.parse(text.removeprefix("\ufeff")).unwrap()
    uv: Mapping[str, Any] = document.get("tool", {}).get("uv", {})
    lines = [
        *document["project"].get("dependencies", ()),
        *uv.get("constraint-dependencies", ()),
        *uv.get("override-dependencies", ()),
    ]
    found = []
    for line in lines:
        try:
            requirement = Requirement(str(line))
        except InvalidRequirement:
            continue  # uv itself says what is wrong with it
        if _is_family(requirement) and requirement.specifier and requirement.marker is None:
            found.append(f"{canonicalize_name(requirement.name)}{requirement.specifier}")
    return tuple(found)


def pinned_in_extra(text: str, name: str, *, upgraded: Collection[str]) -> tuple[str, ...]:
    """Give the exact versions of the family that an extra of the project names, as the resolver takes them.

    Nothing where torch or a companion of it is to be upgraded: they move together.
    """
    document = tomlkit.parse(text.removeprefix("\ufeff")).unwrap()
    lines = document["project"].get("optional-dependencies", {}).get(name, ())
    if _MOVING.intersection(map(canonicalize_name, upgraded)):
        return ()
    tag = name.removeprefix("nightly-") if name.startswith(("cu", "nightly-cu", "cpu")) else None
    found = []
    for line in lines:
        if project_of(str(line)) not in GPU_FAMILY or canonicalize_name(project_of(str(line)) or "") in upgraded:
            continue
        requirement = Requirement(str(line))
        exact = [one for one in requirement.specifier if one.operator in {"==", "==="} and "*" not in one.version]
        if len(exact) == 1:
            label = f"+{tag}" if tag and requirement.name == "torch" else ""
            found.append(f"{canonicalize_name(requirement.name)}=={Version(exact[0].version).public}{label}")
    return tuple(found)


def check_choice(limits: UvLimits, resolution: Resolution, *, file: str) -> None:
    """Check that a project admits what was chosen.

    Raises `uv-project-excludes` where it leaves out a project that the extra is to bring, and `uv-project-limits`
    where it limits one to other versions: uv would find no solution.
    """
    for pin in resolution.pins:
        if pin.project in limits.excluded:
            raise GpuenvError("uv-project-excludes", file=file, project=pin.project)
        for key, found in limits.family:
            if canonicalize_name(found.name) == pin.project and not found.specifier.contains(
                pin.version, prereleases=True
            ):
                wanted = f"{pin.project}{found.specifier}"
                raise GpuenvError(
                    "uv-project-limits",
                    file=file,
                    key=key,
                    limit=str(found),
                    requirement=pin.requirement,
                    wanted=wanted,
                )


def _applying(lines: Iterable[object], variables: Mapping[str, str]) -> Iterator[Requirement]:
    for line in lines:
        try:
            requirement = Requirement(str(line))
        except InvalidRequirement:
            continue  # uv itself says what is wrong with it
        if requirement.marker is None or requirement.marker.evaluate({**variables, "extra": ""}):
            yield requirement


def _has_own_index(uv: Mapping[str, Any]) -> bool:
    """Whether uv looks for dependencies where gpuenv does not."""
    return any(not index.get("explicit") for index in uv.get("index", ()))


def _is_foreign(requirement: Requirement, uv: Mapping[str, Any]) -> bool:
    placed = {canonicalize_name(name) for name in uv.get("sources", {})}
    return not _is_family(requirement) and canonicalize_name(requirement.name) not in placed


def _is_family(requirement: Requirement) -> bool:
    return canonicalize_name(requirement.name) in GPU_FAMILY
