"""Dispatches to one command and turns its result into output and an exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gpuenv import __version__
from gpuenv.cli.commands import ALIASES, COMMANDS
from gpuenv.cli.invocation import Invocation
from gpuenv.cli.typed import WITH_COMMAND, typed_command
from gpuenv.errors import EXIT_INTERRUPTED, ChangeInterruptedError, GpuenvError
from gpuenv.install.interruption import ignore_from_now_on, termination_raises
from gpuenv.models.notice import Notice
from gpuenv.models.progress import Reporter
from gpuenv.models.surroundings import Surroundings
from gpuenv.report.envelope import envelope
from gpuenv.report.failure import failure_result, interruption_result
from gpuenv.report.messages import language_of
from gpuenv.report.result import CommandResult
from gpuenv.report.terminal import Terminal, TerminalReporter

if TYPE_CHECKING:
    from collections.abc import Sequence


class CommandParser(argparse.ArgumentParser):
    """An argument parser whose complaints are coded errors like all others."""

    def __init__(self, *, prog: str, description: str) -> None:
        """Take the texts of the command. The formatter that checks each argument needs no terminal to fit into."""
        width = partial(argparse.HelpFormatter, width=80)
        super().__init__(prog=prog, description=description, allow_abbrev=False, formatter_class=width)

    def format_help(self) -> str:
        """Format the help for the terminal; only here its width is asked for, which takes a module of its own."""
        from gpuenv.cli.examples import examples_of  # noqa: PLC0415 - only for --help

        self.formatter_class = argparse.RawDescriptionHelpFormatter
        self.epilog = examples_of(self.prog.rpartition(" ")[2])
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing and exiting."""
        from gpuenv.cli.complaints import complaint  # noqa: PLC0415 - only for wrong use

        options = [name for action in self._actions for name in action.option_strings]
        raise complaint(message, program=self.prog, options=options)


def main(argv: Sequence[str]) -> int:
    """Run one command; never ends with a traceback for something that a user or a network did."""
    if len(argv) > 1 and argv[0] == "help":
        argv = [argv[1], "--help"]
    if not argv or argv[0] in {"-h", "--help", "help"}:
        sys.stdout.write(overview())
        return 0
    if argv[0] in {"-V", "--version"}:
        sys.stdout.write(f"gpuenv {__version__}\n")
        return 0
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show a character (cp936, ASCII) gets a stand-in for it, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    name = ALIASES.get(argv[0], argv[0])
    is_json = "--json" in _own_arguments(argv)
    terminal = Terminal(
        stdout=sys.stdout,
        stderr=sys.stderr,
        environ=os.environ,
        language=language_of(os.environ),
        verbosity=0,
    )
    try:
        result = _settled(name, argv[1:], terminal=terminal, is_json=is_json)
    except KeyboardInterrupt as error:
        ignore_from_now_on()  # one more Ctrl-C must not keep the user from reading what became of the first
        result = _interrupted(error)
    return _finish(_command_of(name, argv), result, terminal=terminal, is_json=is_json)


def _command_of(name: str, argv: Sequence[str]) -> str:
    """Tell which command was meant where an option stands before it."""
    names = {command.name for command in COMMANDS}
    return next((word for word in argv if word in names), name) if name.startswith("-") else name


def _settled(name: str, argv: Sequence[str], *, terminal: Terminal, is_json: bool) -> CommandResult:
    """Run the command; what it raises becomes its result, but for an interruption."""
    try:
        with termination_raises():
            return _run(name, argv, terminal=terminal, is_json=is_json)
    except GpuenvError as error:
        return failure_result(error)
    except OSError as error:
        # The operating system refused what no room expected it to refuse: say what, not where in our code.
        refused = Notice.of("system-refused", detail=error.strerror or str(error), file=str(error.filename or ""))
        return CommandResult(status="failed", exit_code=1, errors=(refused,))
    except KeyboardInterrupt:
        ignore_from_now_on()  # between this and the handler that tells of it there is a moment for a second one
        raise


def _interrupted(error: BaseException | None) -> CommandResult:
    """Make the result of an interruption, or of the one before that it fell into."""
    exit_code = getattr(error, "exit_code", EXIT_INTERRUPTED)
    while error is not None and not isinstance(error, ChangeInterruptedError):
        error = error.__context__
    return interruption_result(exit_code, None if error is None else error.change)


def overview() -> str:
    """Make the text of `gpuenv --help`: the commands in their groups."""
    lines = ["usage: gpuenv COMMAND [options]", ""]
    for group in dict.fromkeys(command.group for command in COMMANDS):
        lines.append(f"{group}:")
        lines += [f"  {found.name:<10} {found.summary}" for found in COMMANDS if found.group == group]
        lines.append("")
    lines += ["gpuenv COMMAND --help shows its options; gpuenv --version shows the version", ""]
    return "\n".join(lines)


def command_parser(name: str) -> argparse.ArgumentParser:
    """Make the parser of one command, with the options that all commands share."""
    from gpuenv.cli.examples import usage_of  # noqa: PLC0415 - only where a command is run

    command = next(found for found in COMMANDS if found.name == name)
    parser = CommandParser(
        prog=f"gpuenv {name}",
        description=f"{command.summary[0].upper()}{command.summary[1:]}.",
    )
    parser.usage = usage_of(name)
    import_module(f"gpuenv.cli.{name}").configure_parser(parser)
    shared = parser.add_argument_group("output")
    shared.add_argument("--json", action="store_true", help="write one JSON envelope to stdout")
    volume = shared.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="only errors on stderr")
    volume.add_argument("-v", "--verbose", action="store_true", help="also the tools' own output and all sources")
    return parser


def _own_arguments(argv: Sequence[str]) -> Sequence[str]:
    """The arguments that are ours: those after `--` belong to the command that is run."""
    return argv[: argv.index("--")] if "--" in argv else argv


def _run(name: str, argv: Sequence[str], *, terminal: Terminal, is_json: bool) -> CommandResult:
    names = [command.name for command in COMMANDS]
    if name not in names:
        from gpuenv.cli.complaints import unknown_command  # noqa: PLC0415 - only for wrong use

        raise unknown_command(name, argv)
    parser = command_parser(name)
    terminal.typed = typed_command(name, argv, parser)
    # Requirements may stand between options; what `run` and `diagnose` run stands behind all of theirs.
    arguments = parser.parse_args(argv) if name in WITH_COMMAND else parser.parse_intermixed_args(argv)
    arguments.typed = terminal.typed
    terminal.verbosity = 1 if arguments.verbose else -1 if arguments.quiet else 0
    invocation = Invocation(
        argv=tuple(argv),
        surroundings=Surroundings(
            environ=dict(os.environ), cwd=Path.cwd(), home=Path.home(), now=datetime.now(tz=timezone.utc)
        ),
        stdin=sys.stdin,
        terminal=terminal,
        # A program that reads JSON wants no talk beside it, unless it asks for it.
        reporter=Reporter() if arguments.quiet or (is_json and not arguments.verbose) else TerminalReporter(terminal),
        verbosity=terminal.verbosity,
        is_json=is_json,
        is_interactive=not is_json and sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty(),
    )
    result: CommandResult = import_module(f"gpuenv.cli.{name}").run(invocation, arguments)
    return result


def _finish(name: str, result: CommandResult, *, terminal: Terminal, is_json: bool) -> int:
    result = replace(result, errors=tuple(terminal.as_typed(error) for error in result.errors))
    try:
        if result.is_written:
            pass
        elif is_json:
            terminal.write_json(envelope(name, result, terminal.language), indent=2)
        else:
            result.write(terminal)
            for error in result.errors:
                terminal.notice("error", error)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`| head`): not a fault. Keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return result.exit_code
