"""`gpuenv inspect`: shows the GPU code inside native libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.cli.options import add_environment, add_matrix, options_from

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.result import CommandResult


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "places",
        nargs="*",
        metavar="PATH|WHEEL|URL",
        help="libraries, folders, wheels, or URLs of wheels (default: every native library of the environment)",
    )
    parser.add_argument(
        "--target",
        metavar="GPU",
        help="also tell how the code serves these GPUs: current-gpu, a name such as rtx-5090, sm_120, several joined"
        " by commas, or a file saved by `gpuenv detect --save`",
    )
    parser.add_argument(
        "--gpu", action="append", default=[], metavar="INDEX|UUID", help="judge only this GPU of the target"
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="read all of a remote wheel, not only as much as tells what it was built for; read the libraries of the"
        " environment anew, whatever was kept of them",
    )
    parser.add_argument(
        "--driver",
        metavar="VERSION",
        help="driver of the target, e.g. 580.95.05: it has to compile what is there as PTX",
    )
    add_environment(parser)
    add_matrix(parser)


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Inspect and report."""
    from gpuenv.models.binaries import Inspection  # noqa: PLC0415 - not for --help
    from gpuenv.report.inspect import conflict_result, inspection_result  # noqa: PLC0415
    from gpuenv.workflow.inspect import inspect  # noqa: PLC0415

    has_target = arguments.target is not None
    if not has_target:
        del arguments.target
    inspection = inspect(
        arguments.places,
        options_from(arguments),
        invocation.surroundings,
        invocation.reporter,
        has_target=has_target,
        is_thorough=arguments.full,
    )
    if isinstance(inspection, Inspection):
        return inspection_result(inspection, invocation.terminal.language)
    return conflict_result(inspection, invocation.terminal.language)
