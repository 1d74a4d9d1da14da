"""`gpuenv matrix`: lists, shows and validates the compatibility matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.cli.options import add_matrix
from gpuenv.errors import UsageError
from gpuenv.models.platform import PLATFORM_NAMES

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.report.result import CommandResult


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "action",
        choices=("list", "show", "validate"),
        help="list the matrices; show one; check that one is whole and agrees with itself",
    )
    parser.add_argument("path", nargs="?", metavar="PATH", help="validate: the folder of a matrix")
    group = parser.add_argument_group("show")
    selection = group.add_mutually_exclusive_group()
    selection.add_argument("--arch", metavar="sm_120", help="one compute capability and the torch builds that serve it")
    selection.add_argument("--torch", metavar="2.14", help="the builds of a torch release")
    selection.add_argument(
        "--app", nargs="?", const="", metavar="NAME", help="what is known of an application; without NAME, all of them"
    )
    group.add_argument("--platform", choices=PLATFORM_NAMES, help="builds for this platform (default: linux-x86_64)")
    add_matrix(parser)


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """List, show or validate; changes nothing."""
    _refuse_misplaced(arguments)
    match arguments.action:
        case "list":
            return _list()
        case "validate":
            return _validate(invocation, arguments)
        case _:
            return _show(invocation, arguments)


def _refuse_misplaced(arguments: argparse.Namespace) -> None:
    """Options of another action would be ignored silently."""
    given = vars(arguments)
    allowed = {"list": (), "show": ("arch", "torch", "app", "platform", "matrix"), "validate": ("path", "matrix")}
    for name in ("path", "arch", "torch", "app", "platform", "matrix"):
        if given[name] is not None and name not in allowed[arguments.action]:
            option = given[name] if name == "path" else f"--{name}"
            raise UsageError("option-misplaced", action=arguments.action, option=option, program="gpuenv matrix")
    if arguments.path is not None and arguments.matrix is not None:
        raise UsageError("options-clash", option="PATH", other="--matrix", program="gpuenv matrix")


def _list() -> CommandResult:
    from gpuenv.report.matrix import list_result  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.matrix import list_matrices  # noqa: PLC0415

    return list_result(list_matrices())


def _show(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    from gpuenv.report import matrix as report  # noqa: PLC0415 - not for --help
    from gpuenv.workflow import matrix as workflow  # noqa: PLC0415

    loaded = workflow.load(arguments.matrix, cwd=invocation.surroundings.cwd)
    if arguments.app is not None:
        return _show_applications(invocation, arguments, loaded)
    if arguments.torch is not None:
        builds = workflow.torch_builds(loaded, arguments.torch, arguments.platform)
        return report.builds_result(loaded, builds, release=arguments.torch)
    platform = arguments.platform or PLATFORM_NAMES[0]
    if arguments.arch is not None:
        shown = workflow.architecture(loaded, arguments.arch, platform)
        return report.architecture_result(
            loaded, shown.summary, builds=shown.builds, serving=shown.serving, platform=platform
        )
    return report.architectures_result(loaded, workflow.architectures(loaded, platform), platform=platform)


def _show_applications(
    invocation: Invocation, arguments: argparse.Namespace, loaded: CompatibilityMatrix
) -> CommandResult:
    from gpuenv.report.applications import application_result, applications_result  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.known_applications import known_applications  # noqa: PLC0415
    from gpuenv.workflow.resolving.applications import find_application  # noqa: PLC0415

    language = invocation.terminal.language
    known = known_applications(arguments.matrix, invocation.surroundings)
    if not arguments.app:
        return applications_result(loaded, known, language)
    return application_result(loaded, find_application(arguments.app, known), language)


def _validate(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    from gpuenv.report.matrix import validation_result  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.matrix import validate  # noqa: PLC0415

    validation = validate(arguments.path or arguments.matrix, cwd=invocation.surroundings.cwd)
    return validation_result(validation.folder, validation.matrix, validation.problems)
