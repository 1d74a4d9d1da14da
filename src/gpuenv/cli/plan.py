"""`gpuenv plan`: shows what install would do and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.cli.options import (
    add_environment,
    add_matrix,
    add_requirements,
    add_sources,
    add_target,
    options_from,
)

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.result import CommandResult
    from gpuenv.report.terminal import Terminal


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_requirements(parser)
    add_target(parser)
    add_environment(parser)
    add_sources(parser)
    add_matrix(parser)


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Plan and show it; changes nothing."""
    from gpuenv.models.resolution import Conflict  # noqa: PLC0415 - not for --help
    from gpuenv.report.plan import plan_as_json, write_plan  # noqa: PLC0415
    from gpuenv.report.result import CommandResult  # noqa: PLC0415
    from gpuenv.workflow.plan import plan  # noqa: PLC0415

    planned = plan(options_from(arguments), invocation.surroundings, invocation.reporter)
    resolved = planned.resolved
    is_conflict = isinstance(resolved.outcome, Conflict)

    def write(terminal: Terminal) -> None:
        write_plan(
            terminal,
            target=resolved.target,
            outcome=resolved.outcome,
            plan=planned.plan,
            notes=resolved.notes,
        )

    return CommandResult(
        status="conflict" if is_conflict else "ok",
        exit_code=1 if is_conflict else 0,
        data=plan_as_json(
            target=resolved.target,
            matrix_version=resolved.matrix.version,
            outcome=resolved.outcome,
            plan=planned.plan,
            notes=resolved.notes,
            is_changed=False,
            language=invocation.terminal.language,
        ),
        write=write,
    )
