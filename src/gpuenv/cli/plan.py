"""`gpuenv plan`: shows what install would do and why."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from gpuenv.cli.locked import add_locked, locked_planning, with_lock
from gpuenv.cli.options import (
    add_building,
    add_environment,
    add_matrix,
    add_requirements,
    add_sources,
    add_target,
    options_from,
)
from gpuenv.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from gpuenv.cli.invocation import Invocation
    from gpuenv.models.plan import Plan
    from gpuenv.report.result import CommandResult
    from gpuenv.report.terminal import Terminal
    from gpuenv.workflow.plan import Planned
    from gpuenv.workflow.resolving.resolution import Resolved


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_requirements(parser)
    add_target(parser)
    add_environment(parser)
    add_sources(parser)
    add_matrix(parser)
    add_building(parser)
    add_locked(parser)
    parser.add_argument("--why", metavar="REQ", help="explain one version in full, e.g. torch==2.15.0")
    parser.add_argument(
        "--batch", metavar="FILE", help="plan for many machines: JSON Lines, one machine a line, - for standard input"
    )


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Plan and show it; changes nothing."""
    if getattr(arguments, "batch", None):
        return _batch(invocation, arguments)
    if getattr(arguments, "why", None) and arguments.locked is None:
        return _why(invocation, arguments)
    from gpuenv.models.resolution import Conflict  # noqa: PLC0415 - not for --help
    from gpuenv.report.result import CommandResult  # noqa: PLC0415
    from gpuenv.workflow.plan import plan  # noqa: PLC0415

    planning = locked_planning(invocation, arguments)
    options = options_from(arguments)
    planned = planning() if planning else plan(options, invocation.surroundings, invocation.reporter)
    is_conflict = isinstance(planned.resolved.outcome, Conflict)
    result = CommandResult(
        status="conflict" if is_conflict else "ok",
        exit_code=1 if is_conflict else 0,
        data=_planned_data(planned, invocation),
        write=partial(_write_planned, planned, invocation.surroundings.environ),
    )
    return with_lock(result, planning, invocation.terminal.language)


def _planned_data(planned: Planned, invocation: Invocation) -> dict[str, Any]:
    from gpuenv.report.applications import application_as_json  # noqa: PLC0415 - not for --help
    from gpuenv.report.index_settings import settings_as_json  # noqa: PLC0415

    resolved, language = planned.resolved, invocation.terminal.language
    return {
        **_resolution_data(resolved, invocation, planned.plan),
        "applications": [application_as_json(application, language) for application in resolved.applications],
        "index_settings": settings_as_json(resolved.settings, invocation.surroundings.environ),
    }


def _write_planned(planned: Planned, environ: Mapping[str, str], terminal: Terminal) -> None:
    from gpuenv.report.applications import write_applications  # noqa: PLC0415 - not for --help
    from gpuenv.report.index_settings import write_settings  # noqa: PLC0415
    from gpuenv.report.plan import write_plan  # noqa: PLC0415

    resolved = planned.resolved
    write_applications(terminal, resolved.applications)
    write_plan(terminal, target=resolved.target, outcome=resolved.outcome, plan=planned.plan, notes=resolved.notes)
    write_settings(terminal, resolved.settings, environ)


def _why(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    from gpuenv.report.result import CommandResult  # noqa: PLC0415
    from gpuenv.report.why import why_as_json, write_why  # noqa: PLC0415
    from gpuenv.workflow.why import explain_version  # noqa: PLC0415

    explained = explain_version(arguments.why, options_from(arguments), invocation.surroundings, invocation.reporter)
    rows = why_as_json(
        ((one.candidate, one.refusal, one.coverage, one.fit) for one in explained), invocation.terminal.language
    )
    return CommandResult(status="ok", exit_code=0, data={"why": rows}, write=lambda terminal: write_why(terminal, rows))


def _batch(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Write one envelope, or one line, per machine as it is answered."""
    from gpuenv.report.batch import answer_result, batch_result, write_answer  # noqa: PLC0415
    from gpuenv.workflow.batch import plan_batch  # noqa: PLC0415

    done = []
    lines = _lines(invocation, arguments.batch)
    for answer in plan_batch(lines, options_from(arguments), invocation.surroundings, invocation.reporter):
        resolved = answer.resolved
        data = _resolution_data(resolved, invocation) if resolved is not None else {}
        outcome = resolved.outcome if resolved is not None else None
        result = answer_result(answer.id, outcome, data, answer.error)
        write_answer(invocation.terminal, result, is_json=invocation.is_json)
        done.append((result.status, result.exit_code))
    return batch_result(done)


def _lines(invocation: Invocation, file: str) -> list[str]:
    from gpuenv.workflow.batch import machines_of  # noqa: PLC0415 - as above

    if file == "-":
        return machines_of(invocation.stdin.read())
    path = invocation.surroundings.cwd / file
    try:
        return machines_of(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            "file-unreadable", path=str(path), detail=getattr(error, "strerror", None) or str(error)
        ) from error


def _resolution_data(resolved: Resolved, invocation: Invocation, plan: Plan | None = None) -> dict[str, Any]:
    from gpuenv.report.plan import plan_as_json  # noqa: PLC0415

    return plan_as_json(
        target=resolved.target,
        matrix_version=resolved.matrix.version,
        outcome=resolved.outcome,
        plan=plan,
        notes=resolved.notes,
        is_changed=False,
        language=invocation.terminal.language,
    )
