"""`gpuenv build`: rebuilds CUDA extensions for the target's GPUs and proves it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpuenv.cli.options import add_environment, add_matrix, add_target, options_from
from gpuenv.errors import UsageError
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.models.resolution import Conflict
    from gpuenv.models.typed_command import TypedCommand
    from gpuenv.report.messages import Language
    from gpuenv.report.result import CommandResult
    from gpuenv.workflow.build import Built
    from gpuenv.workflow.builds.wheel import Failed
    from gpuenv.workflow.options import Options


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="PATH|REQ",
        help="the folder of a source tree, an sdist, git+https://..., or a requirement such as flash-attn",
    )
    add_target(parser)
    add_environment(parser)
    add_matrix(parser)
    parser.add_argument(
        "-o", "--output", metavar="DIR", default="dist", help="the folder for the wheel (default: dist)"
    )
    parser.add_argument("--no-install", action="store_true", help="only make the wheel; leave the environment alone")
    parser.add_argument("--ptx", action="store_true", help="also PTX of the newest GPU, for GPUs to come")
    parser.add_argument(
        "--from-source", action="store_true", help="compile it, whatever wheels there are, and anew if it was built"
    )
    parser.add_argument("--offline", action="store_true", help="no network: use what caches and folders have")
    parser.add_argument(
        "--print",
        action="store_true",
        dest="prints",
        help="for torch==VERSION: write the script that builds PyTorch itself for the target",
    )


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Build each source and show the proof; the first that fails ends it."""
    if arguments.prints:
        return _script(invocation, arguments)
    from gpuenv.report.build import joined_result  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.build import build  # noqa: PLC0415
    from gpuenv.workflow.builds.place import BuildChoices  # noqa: PLC0415

    choices = BuildChoices(
        output=arguments.output,
        with_ptx=arguments.ptx,
        installs=not arguments.no_install,
        from_source=arguments.from_source,
    )
    results = []
    for source in arguments.sources:
        built = build(source, _options(arguments), choices, invocation.surroundings, invocation.reporter)
        results.append(_result(built, arguments.typed, invocation.terminal.language))
        if results[-1].exit_code:
            break
    return joined_result(results)


def _result(built: Built | Failed | Conflict, typed: TypedCommand, language: Language) -> CommandResult:
    """Make the result of one source."""
    from gpuenv.models.resolution import Conflict  # noqa: PLC0415 - not for --help
    from gpuenv.report.build import build_result, conflict_result, failed_result  # noqa: PLC0415
    from gpuenv.workflow.builds.wheel import Failed  # noqa: PLC0415

    if isinstance(built, Conflict):
        return conflict_result(_to_name_a_gpu(built, typed), language)
    if isinstance(built, Failed):
        return failed_result(
            source=built.source,
            detail=built.detail,
            log=built.log,
            report=built.report,
            notes=built.notes,
            language=language,
        )
    return build_result(
        source=built.source,
        wheel=built.wheel,
        origin=built.origin,
        target=built.target,
        torch=built.torch,
        toolkit=built.toolkit,
        variables=dict(built.variables),
        inspection=built.inspection,
        faults=built.faults,
        notes=built.notes,
        is_installed=built.is_installed,
        log=built.log,
        command=str(typed.without("--no-install")),
        language=language,
    )


def _script(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Write the script that builds PyTorch itself."""
    from gpuenv.models.resolution import Conflict  # noqa: PLC0415 - not for --help
    from gpuenv.report.build import conflict_result, script_result  # noqa: PLC0415
    from gpuenv.workflow.builds.torch import torch_script  # noqa: PLC0415

    if len(arguments.sources) != 1:
        raise UsageError("print-is-for-torch", sources=tuple(arguments.sources))
    made = torch_script(arguments.sources[0], _options(arguments), invocation.surroundings)
    if isinstance(made, Conflict):
        return conflict_result(_to_name_a_gpu(made, arguments.typed), invocation.terminal.language)
    return script_result(made.text, made.notes, invocation.terminal.language)


def _options(arguments: argparse.Namespace) -> Options:
    """Take the options, and what was typed: it is said again with a change where a build takes long."""
    return replace(options_from(arguments), typed=arguments.typed)


def _to_name_a_gpu(conflict: Conflict, typed: TypedCommand) -> Conflict:
    """Without a GPU here the way out is to name one: CPU builds, which `install` could take, hold nothing to build."""
    from gpuenv.models.resolution import Cause  # noqa: PLC0415 - not for --help

    if conflict.reason.code != "no-gpu":
        return conflict
    way_out = Cause(change=Notice.of("name-gpu-to-build-for", **typed.facts), would_give=None)
    return replace(conflict, reason=Notice.of("no-gpu-to-build-for"), causes=(way_out,))
