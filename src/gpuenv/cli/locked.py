"""The options of `--locked`, for the commands that plan and install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.cli.options import options_from
from gpuenv.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.locked import ShownLock
    from gpuenv.report.messages import Language
    from gpuenv.report.result import CommandResult
    from gpuenv.workflow.locked import LockedPlanning

_MEANINGLESS = (("requirements", "REQ"), ("requirement", "-r"), ("upgrade", "--upgrade"), ("why", "--why"))
"""What says otherwise what is to be installed."""


def add_locked(parser: argparse.ArgumentParser) -> None:
    """Add `--locked` and what belongs to it."""
    group = parser.add_argument_group("locks")
    group.add_argument(
        "--locked",
        metavar="FILE|DIR",
        help="install exactly what a lock of `gpuenv lock` says, or the lock of a folder that is for this target",
    )
    group.add_argument("--exact", action="store_true", help="with --locked: remove what the lock does not name")
    group.add_argument(
        "--allow-unhashed", action="store_true", help="with --locked: install files that the lock has no hash of"
    )


def locked_planning(invocation: Invocation, arguments: argparse.Namespace) -> LockedPlanning | None:
    """Make what plans a lock; None where none was named. Raises `locked-stands-alone`, `locked-option-alone`."""
    place: str | None = getattr(arguments, "locked", None)
    if place is None:
        for name, shown in (("exact", "--exact"), ("allow_unhashed", "--allow-unhashed")):
            if getattr(arguments, name, False):
                raise UsageError("locked-option-alone", option=shown)
        return None
    given = tuple(shown for name, shown in _MEANINGLESS if getattr(arguments, name, None))
    if given:
        raise UsageError("locked-stands-alone", options=given, path=place)
    from gpuenv.workflow.locked import LockedPlanning  # noqa: PLC0415 - not for --help

    return LockedPlanning(
        place,
        options_from(arguments),
        invocation.surroundings,
        invocation.reporter,
        is_exact=arguments.exact,
        allows_unhashed=arguments.allow_unhashed,
    )


def shown_locks(planning: LockedPlanning) -> tuple[ShownLock, ...]:
    """Give what was considered, the chosen one first."""
    from gpuenv.report.locked import ShownLock  # noqa: PLC0415 - not for --help

    if planning.choice is None:
        return ()
    return tuple(ShownLock(path=one.path, header=one.header, misfits=one.misfits) for one in planning.choice.considered)


def with_lock(
    result: CommandResult, planning: LockedPlanning | None, language: Language, *, was_written: bool = False
) -> CommandResult:
    """Add to a result which lock it is of, where it is of one."""
    if planning is None:
        return result
    from gpuenv.report import locked  # noqa: PLC0415 - only for a lock

    locks = shown_locks(planning)
    return locked.with_lock(result, locks, language, consenting=planning.consenting, was_written=was_written)
