"""`gpuenv lock`: writes a locked file with hashes for a described machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv import __version__
from gpuenv.cli.options import add_matrix, add_requirements, add_sources, add_target, options_from
from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.result import CommandResult


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_requirements(parser)
    add_target(parser)
    add_sources(parser)
    add_matrix(parser)
    group = parser.add_argument_group("lock")
    group.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write the lock there (default: to standard output; with --format uv: into ./pyproject.toml)",
    )
    group.add_argument(
        "--format",
        choices=("requirements", "pylock", "uv", "docker"),
        default="requirements",
        help="requirements: a file that bare pip and uv install (default); pylock: a pylock.toml (PEP 751); "
        "uv: an extra in your pyproject.toml, for `uv sync --extra`",
    )
    group.add_argument("--check", action="store_true", help="only say whether FILE is up to date")


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Lock and show what was locked; the file is the only thing that changes."""
    _refuse_unavailable(arguments)
    from gpuenv.report.lock import lock_result  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.lock import lock  # noqa: PLC0415

    locked = lock(
        options_from(arguments),
        invocation.surroundings,
        invocation.reporter,
        output=arguments.output,
        file_format=arguments.format,
    )
    resolved = locked.resolved
    return lock_result(
        target=resolved.target,
        matrix_version=resolved.matrix.version,
        outcome=resolved.outcome,
        notes=(*resolved.notes, *locked.notes),
        text=locked.text,
        packages=locked.packages,
        path=locked.path,
        is_changed=locked.is_changed,
        file_format=locked.file_format,
        extra=locked.extra,
        language=invocation.terminal.language,
    )


def _refuse_unavailable(arguments: argparse.Namespace) -> None:
    instead = "gpuenv lock --format requirements -o requirements-gpu.txt"
    if arguments.format == "docker":
        what = f"gpuenv lock --format {arguments.format}"
        raise GpuenvError("not-available-yet", version=__version__, what=what, instead=instead)
    if arguments.check:
        raise GpuenvError("not-available-yet", version=__version__, what="gpuenv lock --check", instead=instead)
