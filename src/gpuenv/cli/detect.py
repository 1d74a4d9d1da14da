"""`gpuenv detect`: what this machine is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.cli.options import add_environment, add_matrix, options_from

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.result import CommandResult


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--save",
        metavar="FILE",
        help="write a description that `--target FILE` reads anywhere, without user or host name; a FILE ending with"
        " .jsonl gets one more line, for `plan --batch FILE`",
    )
    parser.add_argument(
        "--name",
        help="put this name into the description, as the `id` of its answer in a batch (a host name is never put in)",
    )
    add_environment(parser)
    add_matrix(parser)


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Detect and show."""
    from gpuenv.report.detect import detection_result  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.detect import detect  # noqa: PLC0415

    found = detect(options_from(arguments), invocation.surroundings, save=arguments.save, name=arguments.name)
    return detection_result(
        found.host,
        found.details,
        found.environment,
        shared_folders=found.shared_folders,
        notes=found.notes,
        saved=found.saved,
        language=invocation.terminal.language,
    )
