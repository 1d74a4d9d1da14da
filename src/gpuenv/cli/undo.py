"""`gpuenv undo`: goes back to the state before the last change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.cli.options import add_environment, options_from

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.result import CommandResult


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_environment(parser)
    parser.add_argument(
        "--discard-changes",
        action="store_true",
        help="also where others changed the environment since: that is lost with it (until the next undo)",
    )


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Undo, and show what is different now."""
    from gpuenv.report.undo import undo_result  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.undo import undo_environment  # noqa: PLC0415

    undone = undo_environment(
        options_from(arguments), invocation.surroundings, discard_changes=arguments.discard_changes
    )
    return undo_result(undone.record, root=undone.root)
