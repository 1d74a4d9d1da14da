"""Runs the command of every way out that a conflict of the examination offers: the conflict is then gone."""

from __future__ import annotations

import shlex
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest

from exam.rows import ROWS
from gpuenv.cli.main import command_parser
from gpuenv.cli.options import options_from
from gpuenv.models.progress import Reporter
from gpuenv.models.resolution import Conflict
from gpuenv.models.surroundings import Surroundings
from gpuenv.report.messages import phrase
from gpuenv.report.messages.resolve_conflicts import MESSAGES
from gpuenv.resolve.resolver import resolve
from gpuenv.workflow.resolving.matrix_data import load_data
from gpuenv.workflow.resolving.resolution import resolve_request
from support.machines import matrix, tables

if TYPE_CHECKING:
    from pathlib import Path

    from exam.rows import Row
    from gpuenv.models.notice import Notice
    from gpuenv.workflow.resolving.matrix_data import MatrixData

NOTHING_LEFT: Final = frozenset({"use-cpu", "change-platform", "install-driver-branch", "install-jetpack"})
"""Changes of the machine itself: what else is asked for may then stand in the way, but not the same thing."""
OF_THE_SYSTEM: Final = frozenset({"change-system", "use-nightly"})
"""What no offline command can carry out here: another system, and a channel whose builds only its index knows."""
ELSEWHERE: Final = frozenset(
    {
        "no-wheels-for-musl",
        "no-build-on-index",
        "no-companion-on-index",
        "reach-index",
        "no-build-for-platform",
        "use-nightly",
    }
)
"""What takes this machine, an index that cannot be reached, or another matrix: see tests/resolve/test_causes.py."""
SAYABLE: Final = [
    row
    for row in ROWS
    if "conflict" in row.answer
    and not row.machine.platform.is_wsl
    and row.glibc is None
    and (row.machine.driver is None or row.machine.driver.cuda_version is None)
]
"""Conflicts of machines that options can describe: not WSL, not a measured CUDA version, not a glibc."""


@cache
def data(folder: Path) -> MatrixData:
    return load_data(None, surroundings(folder))


def surroundings(folder: Path) -> Surroundings:
    environ = {"GPUENV_CACHE_DIR": str(folder / "cache"), "GPUENV_DATA_DIR": str(folder / "data")}
    return Surroundings(environ=environ, cwd=folder, home=folder, now=datetime(2026, 11, 21, tzinfo=timezone.utc))


def run(command: str, folder: Path) -> Conflict | None:
    """Do what the command would, offline; the conflict that it ends with, if it does."""
    program, name, *words = shlex.split(command)
    assert program == "gpuenv"
    options = options_from(command_parser(name).parse_args([*words, "--offline"]))
    resolved = resolve_request(options, surroundings(folder), Reporter(), looks_at_environment=False, data=data(folder))
    return resolved.outcome if isinstance(resolved.outcome, Conflict) else None


def commands_of(change: Notice) -> list[str]:
    return [hint for hint in phrase(change.code, change.context, "en").hints if hint.startswith("gpuenv ")]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in SAYABLE])
def test_the_command_of_every_way_out_removes_the_conflict(row: Row, tmp_path: Path) -> None:
    outcome = resolve(row.asked, row.machine, matrix(), tables=tables())
    assert isinstance(outcome, Conflict)
    for cause in outcome.causes:
        commands = commands_of(cause.change)
        if cause.change.code in OF_THE_SYSTEM:
            continue
        assert commands, cause
        for command in commands:
            left = run(command, tmp_path)
            if left is not None:
                assert cause.change.code in NOTHING_LEFT, (command, left.reason)
                assert left.reason.code != outcome.reason.code, command


def test_the_examination_has_every_conflict_and_every_way_out_that_the_resolver_knows() -> None:
    outcomes = [resolve(row.asked, row.machine, matrix(), tables=tables()) for row in ROWS if "conflict" in row.answer]
    conflicts = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    seen = {conflict.reason.code for conflict in conflicts}
    seen |= {cause.change.code for conflict in conflicts for cause in conflict.causes}
    assert set(MESSAGES) - seen == ELSEWHERE
