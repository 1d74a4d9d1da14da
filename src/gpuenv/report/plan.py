"""Shows a plan, as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Keep, Remove
from gpuenv.models.resolution import Conflict
from gpuenv.report.build_steps import build_as_json, write_builds
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.labels import write_labelled
from gpuenv.report.messages import phrase
from gpuenv.report.resolution import (
    conflict_as_json,
    rejected_as_json,
    resolution_as_json,
    target_as_json,
    warnings_as_json,
    write_conflict,
    write_resolution,
    write_target,
)
from gpuenv.report.sizes import shown_size

if TYPE_CHECKING:
    from gpuenv.models.plan import Plan, Step
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.target import Target
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

_NEW_SHOWN: Final = 3
"""So many dependencies that come are named; more are counted."""


def plan_as_json(
    *,
    target: Target | None,
    matrix_version: str,
    outcome: Resolution | Conflict,
    plan: Plan | None,
    notes: tuple[Notice, ...],
    is_changed: bool,
    language: Language,
) -> dict[str, Any]:
    """Make the `data` that `plan`, `install` and `lock` share (design section 5)."""
    resolution = None if isinstance(outcome, Conflict) else outcome
    data: dict[str, Any] = {
        "changed": is_changed,
        "target": target_as_json(target),
        "matrix": matrix_version,
        "resolution": resolution_as_json(resolution),
        "steps": steps_as_json(plan, language) if plan else [],
        "plan_is_complete": plan.is_complete if plan else False,
        "inconsistent": [notice_as_json(found, language) for found in plan.inconsistent] if plan else [],
        "rejected": rejected_as_json(outcome.rejected, language),
        "warnings": warnings_as_json((*notes, *(resolution.notes if resolution else ())), language),
    }
    if isinstance(outcome, Conflict):
        data["conflict"] = conflict_as_json(outcome, language)
    return data


def write_plan(
    terminal: Terminal,
    *,
    target: Target | None,
    outcome: Resolution | Conflict,
    plan: Plan | None,
    notes: tuple[Notice, ...],
) -> None:
    """Write what was found, what was chosen and why, and what will change."""
    if target is not None:
        write_target(terminal, target)
    if isinstance(outcome, Conflict):
        for note in notes:
            terminal.notice("warning", note)
        write_conflict(terminal, outcome)
        return
    write_resolution(terminal, outcome)
    for note in (*notes, *outcome.notes):
        terminal.notice("warning", note)
    if plan is not None:
        write_steps(terminal, plan)


def write_steps(terminal: Terminal, plan: Plan) -> None:
    """Write the steps: one line each for the family and for what changes or goes, one for many new dependencies."""
    if plan.is_empty:
        code = "nothing-to-do" if plan.is_complete else "others-not-planned"
        terminal.print(phrase(code, {}, terminal.language).message)
        return
    new = [step for step in plan.installs if step.reason.code == "dependency" and step.replaces is None]
    is_short = terminal.verbosity <= 0 and len(new) > _NEW_SHOWN
    for step in plan.steps:
        if is_short and step in new:
            continue
        reason = _shown_reason(step)
        sentence = phrase(reason.code, reason.context, terminal.language)
        write_labelled(terminal, _verb(step), f"{step.project} {step.version}  ({sentence.message})")
    if is_short:
        count = phrase("more-dependencies", {"count": len(new)}, terminal.language).message
        write_labelled(terminal, "install", count)
    _write_total(terminal, plan)
    write_builds(terminal, plan.builds)
    for found in plan.inconsistent:
        terminal.notice("warning", found)


def _shown_reason(step: Step) -> Notice:
    """A dependency in place of another version says so: that is what its owner has to consent to."""
    if isinstance(step, Install) and not step.is_family and step.replaces is not None:
        return Notice.of("other-version", installed=str(step.replaces))
    return step.reason


def _write_total(terminal: Terminal, plan: Plan) -> None:
    """Write how much is downloaded, as far as the indexes tell; what a cache has already is not taken off."""
    sizes = [step.size_bytes for step in plan.installs]
    known = [size for size in sizes if size is not None]
    if known:
        code = "download-total" if len(known) == len(sizes) else "download-total-at-least"
        size, unknown = shown_size(sum(known)), len(sizes) - len(known)
        terminal.print(phrase(code, {"size": size, "unknown": unknown}, terminal.language).message)


def steps_as_json(plan: Plan, language: Language) -> list[dict[str, Any]]:
    """Make the `steps` of the contract: removals, installs, what stays; then what is built."""
    return [
        *(_step_as_json(step, language) for step in plan.steps),
        *(build_as_json(build, language) for build in plan.builds),
    ]


def _step_as_json(step: Step, language: Language) -> dict[str, Any]:
    sentence = phrase(step.reason.code, step.reason.context, language)
    common: dict[str, Any] = {
        "action": _verb(step),
        "project": step.project,
        "version": str(step.version),
        "reason": {"code": sentence.code, "message": sentence.message},
    }
    if isinstance(step, Install):
        common["replaces"] = str(step.replaces) if step.replaces else None
        common["family"] = step.is_family
        common["download_bytes"] = step.size_bytes
    return common


def _verb(step: Step) -> str:
    match step:
        case Install():
            return "install"
        case Remove():
            return "remove"
        case Keep():
            return "keep"
