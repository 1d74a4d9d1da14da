"""The fault table, row by row: after each the environment is file for file the state before, or the planned one."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.fault_table import NOT_RUN, ROWS
from support.fault_world import World
from support.warm_process import TESTS, WarmStart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.mark import ParameterSet

    from support.fault_table import Row
    from support.fault_world import Observed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, mounts and wheels of Linux")

RESULTS = "GPUENV_FAULT_RESULTS"
"""Names the file into which `scripts/write_reliability.py` wants the results."""


@pytest.fixture(scope="module")
def results() -> Iterator[dict[str, list[Observed]]]:
    found: dict[str, list[Observed]] = {}
    yield found
    if RESULTS in os.environ:
        rows = {name: [asdict(observed) for observed in several] for name, several in found.items()}
        Path(os.environ[RESULTS]).write_text(json.dumps(rows, indent=1), encoding="utf-8")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with WarmStart() as warm:
        yield World(tmp_path_factory.mktemp("faults"), warm)


def _cases() -> Iterator[ParameterSet]:
    for row in ROWS:
        for number in range(row.runs + row.slow_runs):
            marks = (pytest.mark.slow,) if number >= row.runs else ()
            name = f"{row.id}-{number}" if row.runs + row.slow_runs > 1 else row.id
            yield pytest.param(row, number, id=name, marks=marks)


@pytest.mark.parametrize(("row", "number"), list(_cases()))
def test_after_a_fault_the_environment_is_the_one_before_or_the_planned_one(
    world: World, results: dict[str, list[Observed]], row: Row, number: int
) -> None:
    observed = world.suffer(row, number)
    results.setdefault(row.id, []).append(observed)
    assert observed.ending in ({"before", "planned"} if row.ends == "either" else {row.ends})
    assert (observed.exit_code, observed.status) == (row.exit_code, row.status)
    assert [code for code in observed.codes if code in row.codes] == list(row.codes), observed.codes


def test_both_engines_have_the_same_plan_and_the_same_outcome(world: World) -> None:
    """But for what each writes about itself: who installed, in which order, and its own script starters.

    uv leaves a folder of data files that became empty; pip does not.
    """
    by_uv, by_pip = (world.pattern(command) for command in ("mend", "mend-with-pip"))
    assert by_uv.steps == by_pip.steps
    own = ("/INSTALLER", "/RECORD", "/REQUESTED", "bin/torchrun", ".lock")
    outcomes = [
        {path: found for path, found in pattern.planned.items() if found[1] and not path.endswith(own)}
        for pattern in (by_uv, by_pip)
    ]
    assert outcomes[0] == outcomes[1]


def test_every_row_has_a_name_of_its_own() -> None:
    names = [row.id for row in ROWS] + [row.id for row in NOT_RUN]
    assert len(names) == len(set(names))


def test_at_least_fifty_kills_fall_at_random_moments() -> None:
    runs = [row.runs + row.slow_runs for row in ROWS if row.actor in {"kill-inside", "kill-recovery"}]
    assert sum(runs) >= 50


@pytest.mark.parametrize("name", [name for row in NOT_RUN for name in row.tested_by])
def test_what_is_not_run_is_tested_where_the_table_says(name: str) -> None:
    file, _, test = name.partition("::")
    assert f"def {test}(" in (TESTS / file).read_text(encoding="utf-8")
