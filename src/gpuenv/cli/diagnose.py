"""`gpuenv diagnose`: from an error text, a command or the facts alone to the one cause."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from gpuenv.cli.options import add_environment, add_matrix, add_sources, add_target, options_from
from gpuenv.cli.programs import nearest_named
from gpuenv.errors import UsageError
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from gpuenv.cli.invocation import Invocation
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.report.diagnose import Findings
    from gpuenv.report.result import CommandResult
    from gpuenv.workflow.diagnose import Diagnosed


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Add the options and the command."""
    parser.add_argument("--log", metavar="FILE|-", help="diagnose this text; - reads standard input")
    parser.add_argument(
        "--fix", action="store_true", help="also run the hint that mends the cause, where it is an install"
    )
    parser.add_argument("--yes", action="store_true", help="with --fix: consent to everything that the plan lists")
    parser.add_argument(
        "--markdown", action="store_true", help="write a report for a bug tracker, names of users left out"
    )
    add_target(parser)
    add_environment(parser)
    add_sources(parser)
    add_matrix(parser)
    parser.add_argument("command", nargs="*", metavar="CMD", help="run this, after --, and diagnose its output")


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Diagnose; with `--fix` mend."""
    from gpuenv.report.diagnose import diagnosis_result, install_hint  # noqa: PLC0415 - not for --help

    if arguments.command == ["-"] and arguments.log is None:
        arguments.log, arguments.command = "-", []
    if arguments.log is not None and arguments.command:
        raise UsageError("log-and-command", command=shlex.join(arguments.command))
    if _is_log(arguments.command, invocation.surroundings):
        raise UsageError("log-as-command", file=shlex.quote(arguments.command[0]))
    done = _diagnosed(invocation, arguments)
    findings = _findings(done, arguments)
    language = invocation.terminal.language
    result = diagnosis_result(
        findings, is_markdown=arguments.markdown, surroundings=invocation.surroundings, language=language
    )
    if done.mode == "check-up":
        from gpuenv.report.drift import with_drift  # noqa: PLC0415 - a text tells nothing of it

        root = str(done.environment.root) if done.environment is not None else None
        result = with_drift(result, done.drift, environment=root, notes=done.notes)
    if not arguments.fix or result.exit_code == 0:
        return result
    command = install_hint(findings, language) or _drift_command(result)
    if command is None or done.environment is None:
        cause = done.report.primary.cause.code if done.report.primary is not None else "checkup-kernels-failed"
        return replace(result, errors=(*result.errors, Notice.of("nothing-to-fix-here", cause=cause)))
    return _fixed(invocation, arguments, result, command)


def _diagnosed(invocation: Invocation, arguments: argparse.Namespace) -> Diagnosed:
    from gpuenv.workflow.diagnose import check_up, diagnose_command, diagnose_log  # noqa: PLC0415 - as above

    options, surroundings = options_from(arguments), invocation.surroundings
    if arguments.command:
        say = invocation.terminal.say
        with nearest_named(arguments.command[0], surroundings.environ.get("PATH", "")):
            return diagnose_command(arguments.command, options, surroundings, on_line=say)
    if arguments.log is None:
        return check_up(options, surroundings, invocation.reporter)
    from gpuenv.workflow.diagnoses.log import read_log, read_log_file  # noqa: PLC0415 - only for a log

    if arguments.log == "-":
        return diagnose_log(read_log(invocation.stdin.buffer), options, surroundings)
    return diagnose_log(read_log_file(arguments.log, surroundings), options, surroundings)


def _is_log(command: Sequence[str], surroundings: Surroundings) -> bool:
    """Tell whether the whole command is a file that is no program: a log whose `--log` was forgotten."""
    if len(command) != 1 or command[0].lower().endswith((".exe", ".bat", ".cmd", ".com", ".py", ".sh", ".ps1")):
        return False
    file = surroundings.cwd / command[0]
    if not file.is_file():
        return False
    import shutil  # noqa: PLC0415 - only where a file was given as the command

    if shutil.which(command[0], path=surroundings.environ.get("PATH")) is not None:
        return False
    return os.name != "posix" or not os.access(file, os.X_OK)


def _findings(done: Diagnosed, arguments: argparse.Namespace) -> Findings:
    from gpuenv.report.diagnose import Findings  # noqa: PLC0415 - not for --help

    proof = done.proof
    return Findings(
        report=done.report,
        mode=done.mode,
        machine=done.machine,
        environment=done.environment,
        repair=done.repair,
        inspection=proof.inspection if proof is not None else None,
        verification=proof.verification if proof is not None else None,
        not_read=proof.not_read if proof is not None else None,
        not_run=proof.not_run if proof is not None else None,
        command=done.command,
        command_exit_code=done.command_exit_code,
        is_drifted=bool(done.drift),
        place=("--venv", arguments.venv) if arguments.venv else (),
        machine_options=_machine_options(arguments),
    )


def _machine_options(arguments: argparse.Namespace) -> tuple[str, ...]:
    """List the options on machine and sources as they were given."""
    given: list[str] = [] if arguments.target == "current-gpu" else ["--target", arguments.target]
    for name in ("driver", "platform", "indexes", "matrix"):
        value = getattr(arguments, name)
        given += [f"--{name}", value] if value else []
    given += [part for selector in arguments.gpu for part in ("--gpu", selector)]
    given += [] if arguments.channel == "stable" else ["--channel", arguments.channel]
    return (*given, *(["--offline"] if arguments.offline else []))


def _drift_command(result: CommandResult) -> str | None:
    """Find the command that puts back what others changed, where there is no other fault."""
    if result.data.get("primary") is not None:
        return None
    commands = (error.context.get("command") for error in result.errors if error.code == "drift-mended-by")
    return next((command for command in commands if isinstance(command, str)), None)


def _fixed(invocation: Invocation, arguments: argparse.Namespace, result: CommandResult, command: str) -> CommandResult:
    """Show what was found, then run the install that mends it; its result is the command's."""
    from gpuenv.cli import install  # noqa: PLC0415 - not for --help
    from gpuenv.cli.main import command_parser  # noqa: PLC0415

    if not invocation.is_json:
        result.write(invocation.terminal)
    given: Sequence[str] = [*shlex.split(command)[2:], *(["--yes"] if arguments.yes else [])]
    installed = install.run(invocation, command_parser("install").parse_args(given))
    return replace(installed, data={**result.data, **installed.data, "fix": command})
