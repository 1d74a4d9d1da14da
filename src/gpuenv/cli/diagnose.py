"""`gpuenv diagnose`: from an error text, a command or the facts alone to the one cause."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from gpuenv.cli.options import add_environment, add_matrix, add_target, options_from
from gpuenv.errors import UsageError
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.result import CommandResult
    from gpuenv.workflow.diagnose import Diagnosed


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Add the options and the command."""
    parser.usage = "gpuenv diagnose [options] [-- CMD [ARG ...]]"
    parser.add_argument("--log", metavar="FILE|-", help="diagnose this text; - reads standard input")
    parser.add_argument(
        "--fix", action="store_true", help="also run the hint that mends the cause, where it is an install"
    )
    parser.add_argument(
        "--markdown", action="store_true", help="write a report for a bug tracker, names of users left out"
    )
    add_target(parser)
    add_environment(parser)
    add_matrix(parser)
    parser.add_argument("command", nargs="*", metavar="CMD", help="run this, after --, and diagnose its output")


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Diagnose; with `--fix` mend."""
    from gpuenv.report.diagnose import diagnosis_result, install_hint  # noqa: PLC0415 - not for --help

    if arguments.log is not None and arguments.command:
        raise UsageError("log-and-command", command=shlex.join(arguments.command))
    done = _diagnosed(invocation, arguments)
    result = diagnosis_result(
        done.report,
        mode=done.mode,
        machine=done.machine,
        environment=done.environment,
        command=done.command,
        command_exit_code=done.command_exit_code,
        is_markdown=arguments.markdown,
        surroundings=invocation.surroundings,
        language=invocation.terminal.language,
    )
    if not arguments.fix or done.report.primary is None:
        return result
    hint = install_hint(done.report, invocation.terminal.language)
    if hint is None or done.environment is None:
        refusal = Notice.of("nothing-to-fix-here", cause=done.report.primary.cause.code)
        return replace(result, errors=(refusal,))
    return _fixed(invocation, arguments, result, hint)


def _diagnosed(invocation: Invocation, arguments: argparse.Namespace) -> Diagnosed:
    from gpuenv.workflow.diagnose import (  # noqa: PLC0415 - as above
        check_up,
        diagnose_command,
        diagnose_log,
        read_log,
        read_log_file,
    )

    options, surroundings = options_from(arguments), invocation.surroundings
    if arguments.command:
        say = invocation.terminal.say
        return diagnose_command(arguments.command, options, surroundings, on_line=say)
    if arguments.log == "-":
        return diagnose_log(read_log(invocation.stdin.buffer), options, surroundings)
    if arguments.log is not None:
        return diagnose_log(read_log_file(arguments.log, surroundings), options, surroundings)
    return check_up(options, surroundings)


def _fixed(invocation: Invocation, arguments: argparse.Namespace, result: CommandResult, hint: str) -> CommandResult:
    """Show what was found, then run the install that mends it; its result is the command's."""
    from gpuenv.cli import install  # noqa: PLC0415 - not for --help
    from gpuenv.cli.main import command_parser  # noqa: PLC0415

    if not invocation.is_json:
        result.write(invocation.terminal)
    given = [*shlex.split(hint)[2:], *(["--venv", arguments.venv] if arguments.venv else [])]
    installed = install.run(invocation, command_parser("install").parse_args(given))
    return replace(installed, data={**installed.data, **result.data})
