"""`gpuenv install`: plans, runs, verifies, and puts everything back on failure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from gpuenv.cli.locked import add_locked, locked_planning, shown_locks, with_lock
from gpuenv.cli.options import (
    add_building,
    add_environment,
    add_matrix,
    add_requirements,
    add_sources,
    add_target,
    options_from,
)

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.install import Ended
    from gpuenv.report.install_text import Afterwards
    from gpuenv.report.result import CommandResult
    from gpuenv.workflow.changes.installation import Choices, Installation
    from gpuenv.workflow.locked import LockedPlanning
    from gpuenv.workflow.plan import Planned


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_requirements(parser)
    add_target(parser)
    add_environment(parser)
    add_sources(parser)
    add_matrix(parser)
    add_building(parser)
    add_locked(parser)
    parser.add_argument("--dry-run", action="store_true", help="only plan: the same as `gpuenv plan`")
    parser.add_argument("--yes", action="store_true", help="consent to everything that the plan lists")
    parser.add_argument(
        "--engine", choices=("uv", "pip"), default="uv", help="the program that installs what was planned (default: uv)"
    )
    parser.add_argument("--no-snapshot", action="store_true", help="do not keep the state before for `gpuenv undo`")
    parser.add_argument(
        "--check-hashes", action="store_true", help="compare the content of every installed file with its record"
    )
    parser.add_argument("--keep-failed", action="store_true", help="leave a new environment that failed, for study")
    parser.add_argument(
        "--require",
        default="",
        metavar="CAPABILITIES",
        help="comma-separated: only these decide whether the change stays, such as fp16,nvrtc,ort (default: every"
        " check that is run)",
    )
    parser.add_argument(
        "--require-verified", action="store_true", help="end with 4 where nothing could be run to prove the result"
    )


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Install and show what became of it."""
    if arguments.dry_run:
        from gpuenv.cli import plan  # noqa: PLC0415 - not for --help

        return plan.run(invocation, arguments)
    from gpuenv.report.install import installation_result  # noqa: PLC0415
    from gpuenv.workflow.install import install  # noqa: PLC0415

    planning = locked_planning(invocation, arguments)
    dialogue = _Dialogue(invocation, planning)
    done = install(
        options_from(arguments),
        invocation.surroundings,
        invocation.reporter,
        consent=dialogue.consent,
        announce=dialogue.announce,
        choices=_choices(arguments),
        planning=planning,
    )
    language, was_shown = invocation.terminal.language, dialogue.plan_was_shown
    result = installation_result(_ended(invocation, arguments, done, plan_was_shown=was_shown), language)
    return with_lock(result, planning, language, was_written=was_shown)


def _choices(arguments: argparse.Namespace) -> Choices:
    """Take how to install, apart from what."""
    from gpuenv.verify.profile import parse_required  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.changes.installation import Choices  # noqa: PLC0415

    return Choices(
        engine=arguments.engine,
        keeps_failed=arguments.keep_failed,
        keeps_snapshot=not arguments.no_snapshot,
        checks_hashes=arguments.check_hashes,
        required=parse_required(arguments.require),
    )


def _ended(invocation: Invocation, arguments: argparse.Namespace, done: Installation, *, plan_was_shown: bool) -> Ended:
    """Gather what is shown of how the install ended."""
    from gpuenv.models.settings import redact_url  # noqa: PLC0415 - not for --help
    from gpuenv.report.install import Ended  # noqa: PLC0415

    resolved = done.planned.resolved
    return Ended(
        ending=done.ending,
        root=done.root,
        target=resolved.target,
        matrix_version=resolved.matrix.version,
        outcome=resolved.outcome,
        plan=done.planned.plan,
        notes=(*resolved.notes, *done.notes),
        record=done.record,
        built=done.built,
        verification=done.verification,
        log_folder=done.log_folder,
        fate=done.fate,
        foreign=done.foreign,
        typed=redact_url(shlex.join(invocation.argv)),
        uncovered=done.uncovered,
        require_verified=arguments.require_verified,
        engine=arguments.engine,
        afterwards=_afterwards(invocation, done),
        plan_was_shown=plan_was_shown,
    )


class _Dialogue:
    """What is shown to and asked of the person at the terminal before anything is changed."""

    def __init__(self, invocation: Invocation, planning: LockedPlanning | None) -> None:
        self._invocation = invocation
        self._planning = planning
        self.plan_was_shown = False

    def announce(self, planned: Planned) -> None:
        """Show the plan, once; JSON has it at the end."""
        if self._invocation.is_json or self.plan_was_shown:
            return
        from gpuenv.report.applications import write_applications  # noqa: PLC0415 - not for --help
        from gpuenv.report.index_settings import write_settings  # noqa: PLC0415
        from gpuenv.report.plan import write_plan  # noqa: PLC0415

        resolved, terminal = planned.resolved, self._invocation.terminal
        if self._planning is not None:
            from gpuenv.report.locked import write_locks  # noqa: PLC0415 - only for a lock

            write_locks(terminal, shown_locks(self._planning))
        write_applications(terminal, resolved.applications)
        write_plan(terminal, target=resolved.target, outcome=resolved.outcome, plan=planned.plan, notes=resolved.notes)
        write_settings(terminal, resolved.settings, self._invocation.surroundings.environ)
        self.plan_was_shown = True

    def consent(self, planned: Planned, foreign: tuple[str, ...]) -> bool | None:
        """Ask the person at the terminal; None where there is none."""
        if not self._invocation.is_interactive:
            return None
        self.announce(planned)
        from gpuenv.report.messages import phrase  # noqa: PLC0415

        terminal = self._invocation.terminal
        terminal.say(phrase("foreign-changes", {"packages": foreign}, terminal.language).message, style="yellow")
        terminal.say(phrase("go-on", {}, terminal.language).message)
        return self._invocation.stdin.readline().strip().lower() in {"y", "yes", "j", "是"}


def _afterwards(invocation: Invocation, done: Installation) -> Afterwards | None:
    """Gather what is said after a change that stays."""
    if done.root is None or done.environment is None:
        return None
    from gpuenv.report.activation import activation_line  # noqa: PLC0415 - not for --help
    from gpuenv.report.install_text import Afterwards  # noqa: PLC0415

    cwd = invocation.surroundings.cwd
    shown = str(done.root.relative_to(cwd)) if cwd in done.root.parents else str(done.root)
    is_windows = done.environment.platform.name.startswith("windows")
    return Afterwards(
        environment=shlex.quote(shown) if not is_windows else shown,
        is_new=done.planned.resolved.environment is None,
        activation=activation_line(
            shown, done.environment.kind, invocation.surroundings.environ, is_windows=is_windows
        ),
        snapshot_bytes=done.snapshot_bytes,
        notes=done.notes,
    )
