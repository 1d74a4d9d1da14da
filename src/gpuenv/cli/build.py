"""`gpuenv build`: rebuilds CUDA extensions for the target's GPUs and proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv import __version__
from gpuenv.cli.options import add_environment, add_matrix, add_target, options_from
from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.result import CommandResult


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("sources", nargs="+", metavar="PATH|REQ", help="the folder of a source tree")
    add_target(parser)
    add_environment(parser)
    add_matrix(parser)
    parser.add_argument(
        "-o", "--output", metavar="DIR", default="dist", help="the folder for the wheel (default: dist)"
    )


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Build one source tree and show the proof."""
    source = _one_folder(arguments.sources, invocation.surroundings.cwd)
    from gpuenv.models.resolution import Conflict  # noqa: PLC0415 - not for --help
    from gpuenv.report.build import build_result, conflict_result  # noqa: PLC0415
    from gpuenv.workflow.build import build  # noqa: PLC0415

    language = invocation.terminal.language
    built = build(source, arguments.output, options_from(arguments), invocation.surroundings, invocation.reporter)
    if isinstance(built, Conflict):
        return conflict_result(built, language)
    return build_result(
        wheel=built.wheel,
        target=built.target,
        torch=built.torch,
        toolkit=str(built.toolkit.version),
        variables=dict(built.variables),
        inspection=built.inspection,
        faults=built.faults,
        language=language,
    )


def _one_folder(sources: list[str], cwd: Path) -> str:
    """Take the one source tree; several, and requirements, are not built yet."""
    for source in sources:
        if not (cwd / source).is_dir():
            what = f"gpuenv build {source}"
            raise GpuenvError("not-available-yet", version=__version__, what=what, instead="gpuenv build .")
    if len(sources) > 1:
        what = f"gpuenv build {' '.join(sources)}"
        raise GpuenvError("not-available-yet", version=__version__, what=what, instead=f"gpuenv build {sources[0]}")
    return sources[0]
