"""Plans for many described machines in one run: a fleet's inventory, one machine a line."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.notice import Notice
from gpuenv.models.typed_command import quoted
from gpuenv.models.value import dataclass
from gpuenv.workflow.resolving.matrix_data import load_data
from gpuenv.workflow.resolving.resolution import resolve_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.typed_command import TypedCommand
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.resolution import Resolved

_TEXT_KEYS: Final = ("target", "driver", "platform", "python", "indexes", "channel")
_KEYS: Final = frozenset({"id", "requirements", *_TEXT_KEYS})


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAnswer:
    """The answer for one line: what was resolved, or the error of that line alone."""

    id: str
    resolved: Resolved | None
    error: Notice | None = None


def plan_batch(
    lines: Iterable[str], options: Options, surroundings: Surroundings, reporter: Reporter
) -> Iterator[BatchAnswer]:
    """Resolve each line of a JSON Lines inventory; a line that cannot be understood is an answer, not an end.

    A line is `{"id", "target", "driver", "platform", "python", "requirements", "indexes", "channel"}`, all but
    `target` optional, or a machine saved by `gpuenv detect --save`.
    """
    data = load_data(options.matrix, surroundings)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        identity = _identity(line, number)
        typed: TypedCommand | None = None
        try:
            described = parse_line(line, number)
            typed = _typed(options.typed, described)
            stated = replace(_stated(described, line, options), typed=typed)
            resolved = resolve_request(stated, surroundings, reporter, looks_at_environment=False, data=data)
            yield BatchAnswer(id=identity, resolved=resolved)
        except GpuenvError as error:
            facts = {**error.context, **(typed.facts if typed is not None else {})}
            yield BatchAnswer(id=identity, resolved=None, error=Notice.of(error.code, **facts))


def machines_of(text: str) -> list[str]:
    """Part an inventory into its machines: a line each, or what `gpuenv detect --save` wrote over several lines."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "{":
        return lines
    found: list[str] = []
    rest = text.strip()
    try:
        while rest:
            _, end = json.JSONDecoder().raw_decode(rest)
            found.append(" ".join(rest[:end].splitlines()))
            rest = rest[end:].strip()
    except ValueError:
        return lines
    return found


def _identity(line: str, number: int) -> str:
    """Tell the name that a line gives its machine, also where the rest of it cannot be used; else its number."""
    try:
        described = json.loads(line)
    except ValueError:
        return str(number)
    return str(described.get("id", number)) if isinstance(described, dict) else str(number)


def parse_line(line: str, number: int) -> dict[str, Any]:
    """Read one line; raises `batch-line-invalid` with its number and what is wrong with it."""
    try:
        described = json.loads(line)
    except ValueError as error:
        raise UsageError("batch-line-invalid", line=number, problem=str(error)) from error
    if not isinstance(described, dict):
        raise UsageError("batch-line-invalid", line=number, problem="not a JSON object")
    if "schema" in described:
        return described
    unknown = sorted(set(described) - _KEYS)
    if unknown:
        raise UsageError("batch-line-invalid", line=number, problem=f"unknown key {unknown[0]!r}")
    if not isinstance(described.get("target"), str):
        raise UsageError("batch-line-invalid", line=number, problem="'target' is missing")
    for key in _TEXT_KEYS:
        if not isinstance(described.get(key, ""), str):
            raise UsageError("batch-line-invalid", line=number, problem=f"{key!r} is not a string")
    requirements = described.get("requirements", [])
    if not isinstance(requirements, list) or not all(isinstance(text, str) for text in requirements):
        raise UsageError("batch-line-invalid", line=number, problem="'requirements' is not a list of strings")
    if described.get("channel", "stable") not in {"stable", "nightly"}:
        raise UsageError("batch-line-invalid", line=number, problem="'channel' is neither stable nor nightly")
    return described


def _stated(described: dict[str, Any], line: str, options: Options) -> Options:
    if "schema" in described:
        return replace(options, saved_machine=line)
    return replace(
        options,
        **{key: described[key] for key in _TEXT_KEYS if key in described},
        requirements=tuple(described.get("requirements", options.requirements)),
    )


def _typed(typed: TypedCommand | None, described: dict[str, Any]) -> TypedCommand | None:
    """The command that asks for one machine alone; None for a saved one, which is not on any command line."""
    if typed is None or "schema" in described:
        return None
    alone = typed.without("--batch", "--json")
    if "requirements" in described:
        alone = alone.asking_for(*map(quoted, described["requirements"]))
    for key in _TEXT_KEYS:
        alone = alone.with_option(f"--{key}", described[key]) if key in described else alone
    return alone
