"""`gpuenv install`: plans, runs, verifies, and puts everything back on failure."""

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


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_requirements(parser)
    add_target(parser)
    add_environment(parser)
    add_sources(parser)
    add_matrix(parser)
    parser.add_argument("--dry-run", action="store_true", help="only plan: the same as `gpuenv plan`")
    parser.add_argument("--yes", action="store_true", help="consent to everything that the plan lists")
    parser.add_argument("--keep-failed", action="store_true", help="leave a new environment that failed, for study")
    parser.add_argument(
        "--require-verified", action="store_true", help="end with 4 where nothing could be run to prove the result"
    )


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Install and show what became of it."""
    if arguments.dry_run:
        from gpuenv.cli import plan  # noqa: PLC0415 - not for --help

        return plan.run(invocation, arguments)
    from gpuenv.report.install import installation_result  # noqa: PLC0415
    from gpuenv.workflow.install import install  # noqa: PLC0415

    done = install(
        options_from(arguments),
        invocation.surroundings,
        invocation.reporter,
        consent=lambda foreign: _ask(invocation, foreign),
        keep_failed=arguments.keep_failed,
    )
    resolved = done.planned.resolved
    return installation_result(
        ending=done.ending,
        root=done.root,
        target=resolved.target,
        matrix_version=resolved.matrix.version,
        outcome=resolved.outcome,
        plan=done.planned.plan,
        notes=(*resolved.notes, *done.notes),
        record=done.record,
        verification=done.verification,
        log_folder=done.log_folder,
        foreign=done.foreign,
        uncovered=done.uncovered,
        require_verified=arguments.require_verified,
        language=invocation.terminal.language,
    )


def _ask(invocation: Invocation, foreign: tuple[str, ...]) -> bool | None:
    """Ask the person at the terminal; None where there is none."""
    if not invocation.is_interactive:
        return None
    from gpuenv.report.messages import phrase  # noqa: PLC0415

    language = invocation.terminal.language
    invocation.terminal.say(phrase("foreign-changes", {"packages": foreign}, language).message, style="yellow")
    invocation.terminal.say(phrase("go-on", {}, language).message)
    return invocation.stdin.readline().strip().lower() in {"y", "yes", "j", "是"}
