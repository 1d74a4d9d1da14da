"""Takes packages with GPU code of their own out of a request: they wait until torch is chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gpuenv.models.value import dataclass
from gpuenv.project.requirement_files import RequirementLine
from gpuenv.workflow.resolving.request import applies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpuenv.models.extension import Extension, Pairing
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """The extensions of a request."""

    bound: Mapping[str, tuple[Requirement, Extension]]
    """Those whose wheels serve one torch only, by project: they wait until torch is chosen."""
    free: tuple[tuple[Requirement, Extension], ...] = ()
    """The others, which the engine chooses."""
    pairings: tuple[Pairing, ...] = ()
    """Which torch each of them goes with."""


def part_extensions(
    lines: tuple[RequirementLine, ...], matrix: CompatibilityMatrix, target: Target
) -> tuple[tuple[RequirementLine, ...], Extensions]:
    """Take out of a request what is bound to the torch, and ask for torch in its place.

    What was given by its address, or with hashes, stays as it stands; so does everything for a CPU, and what is never
    compiled: there is nothing to choose but what the engine finds.
    """
    projects = (canonicalize_name(line.requirement.name) for line in lines if line.requirement)
    rows = matrix.extensions_among(projects)
    return _parted(lines, rows, target) if rows else (lines, Extensions(bound={}))


def _parted(
    lines: tuple[RequirementLine, ...], rows: Mapping[str, Extension], target: Target
) -> tuple[tuple[RequirementLine, ...], Extensions]:
    from gpuenv.models.extension import SourceBuild  # noqa: PLC0415 - few requests name an extension
    from gpuenv.workflow.resolving.pairings import pairing_of  # noqa: PLC0415 - as above

    limited = {
        canonicalize_name(line.requirement.name) for line in lines if line.requirement and line.kind != "requirement"
    }
    stay: list[RequirementLine] = []
    bound: dict[str, tuple[Requirement, Extension]] = {}
    free: list[tuple[Requirement, Extension]] = []
    for line in lines:
        requirement = line.requirement
        row = rows.get(canonicalize_name(requirement.name)) if requirement is not None else None
        is_plain = requirement is not None and requirement.url is None and "--" not in line.text
        if requirement is None or row is None or line.kind != "requirement" or target.is_cpu or not is_plain:
            stay.append(line)
        elif not row.binds_to_torch or row.source_build is SourceBuild.NEVER:
            is_open = not requirement.specifier and row.package not in limited
            narrowed = _with_code(requirement, row, target) if is_open else requirement
            stay.append(line if narrowed is requirement else replace(line, text=str(narrowed), requirement=narrowed))
            free.append((requirement, row))
        elif applies(requirement, target):
            before = bound.get(row.package)
            bound[row.package] = (_merged(before[0], requirement) if before else requirement, row)
    bound = _limited(bound, lines)
    paired = dict(bound)
    for requirement, row in free:
        if row.binds_to_torch and applies(requirement, target):
            before = paired.get(row.package)
            paired[row.package] = (_merged(before[0], requirement) if before else requirement, row)
    pairings = tuple(pairing_of(requirement, row, target) for requirement, row in _limited(paired, lines).values())
    needs_torch = bool(bound) or any(pairing.is_binding for pairing in pairings)
    return (*stay, *(_torch_for(stay) if needs_torch else ())), Extensions(
        bound=bound, free=tuple(free), pairings=pairings
    )


def _within(requirement: Requirement, lines: Sequence[RequirementLine]) -> Requirement:
    """Narrow a requirement by the constraint lines."""
    for line in lines:
        if line.kind == "constraint" and line.requirement is not None and _is_of(line.requirement, requirement):
            requirement = _merged(requirement, line.requirement)
    return requirement


def _is_of(limit: Requirement, requirement: Requirement) -> bool:
    return canonicalize_name(limit.name) == canonicalize_name(requirement.name)


def _merged(first: Requirement, second: Requirement) -> Requirement:
    merged = Requirement(str(first))
    merged.specifier = first.specifier & second.specifier
    merged.extras = first.extras | second.extras
    return merged


def _limited(
    bound: Mapping[str, tuple[Requirement, Extension]], lines: Sequence[RequirementLine]
) -> dict[str, tuple[Requirement, Extension]]:
    """Narrow what waits by the constraint lines."""
    return {name: (_within(requirement, lines), row) for name, (requirement, row) in bound.items()}


def _torch_for(lines: Sequence[RequirementLine]) -> Iterator[RequirementLine]:
    """Ask for torch, unless somebody named it: the engine is not asked what these packages need."""
    named = {canonicalize_name(line.requirement.name) for line in lines if line.requirement and line.is_family}
    if "torch" not in named:
        yield RequirementLine(
            text="torch", file="dependencies", line=0, kind="requirement", requirement=Requirement("torch")
        )


def _with_code(requirement: Requirement, row: Extension, target: Target) -> Requirement:
    """Ask for a release with machine code for compute capability 12: what is installed already may have none."""
    is_blackwell = any(capability.major == 12 for gpu in target.gpus for capability in gpu.capabilities)  # noqa: PLR2004
    if row.first_with_sm_120 is None or not is_blackwell:
        return requirement
    return Requirement(f"{named(requirement)}>={row.first_with_sm_120}{_marker(requirement)}")


def named(requirement: Requirement) -> str:
    """Write a requirement's name with its extras."""
    return requirement.name + (f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else "")


def _marker(requirement: Requirement) -> str:
    return f"; {requirement.marker}" if requirement.marker is not None else ""
