"""`gpuenv run`: a command in the environment, with the variables that it and the GPU need."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from gpuenv.cli.options import add_environment, add_matrix, options_from
from gpuenv.cli.programs import nearest_named
from gpuenv.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.result import CommandResult
    from gpuenv.report.terminal import Terminal


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Add the options and the command."""
    add_environment(parser)
    parser.add_argument("--gpu", action="append", default=[], metavar="INDEX|UUID", help="let CMD see only this GPU")
    parser.add_argument(
        "--print",
        dest="shell",
        choices=("sh", "fish", "powershell", "dotenv"),
        help="show the variables in this syntax and run nothing",
    )
    add_matrix(parser)
    parser.add_argument("command", nargs="*", metavar="CMD", help="the command and its arguments, after --")


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Hand over to the command, or show the variables."""
    from gpuenv import process  # noqa: PLC0415 - not for --help
    from gpuenv.report.envelope import notice_as_json  # noqa: PLC0415
    from gpuenv.report.result import CommandResult  # noqa: PLC0415
    from gpuenv.report.run import assignments  # noqa: PLC0415
    from gpuenv.workflow.run import run_settings  # noqa: PLC0415

    is_shown = arguments.shell is not None or invocation.is_json
    if is_shown and arguments.command:
        raise UsageError("run-prints-or-runs", command=shlex.join(arguments.command))
    if not is_shown and not arguments.command:
        raise UsageError("nothing-to-run")
    settings = run_settings(options_from(arguments), invocation.surroundings)
    for note in settings.notes if not invocation.is_json else ():
        invocation.terminal.notice("note", note)
    if not is_shown:
        env = {**invocation.surroundings.environ, **settings.variables}
        with nearest_named(arguments.command[0], env.get("PATH", "")):
            return CommandResult(status="ok", exit_code=process.replace(arguments.command, env=env))

    def write(terminal: Terminal) -> None:
        terminal.write(assignments(settings.variables, arguments.shell))

    data = {
        "venv": str(settings.environment.root),
        "variables": dict(settings.variables),
        "warnings": [notice_as_json(note, invocation.terminal.language) for note in settings.notes],
    }
    return CommandResult(status="ok", exit_code=0, data=data, write=write)
