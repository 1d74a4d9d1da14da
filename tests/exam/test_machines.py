"""The examination: each machine of the table gets its right answer, for the right reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exam.rows import ROWS
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.resolve.resolver import resolve
from support.machines import matrix, tables

if TYPE_CHECKING:
    from exam.rows import Row


def answer_of(row: Row) -> Resolution | Conflict:
    return resolve(row.asked, row.machine, matrix(), tables=tables())


def as_row(outcome: Resolution | Conflict) -> dict[str, object]:
    """Say an outcome in the words of the table."""
    if isinstance(outcome, Conflict):
        return {
            "conflict": outcome.reason.code,
            "causes": [cause.change.code for cause in outcome.causes],
            "gives": [subset.would_give for subset in outcome.subsets],
        }
    runtime = outcome.pin("onnxruntime-gpu")
    served = ((found.kind, found.via) for found in outcome.coverage)
    names = [via.sm if kind == "sass" else via.compute for kind, via in served if via is not None]
    return {
        "torch": outcome.torch.build.label if outcome.torch is not None else None,
        "fit": outcome.driver_fit.value if outcome.driver_fit is not None else None,
        "via": ",".join(names),
        "onnxruntime": f"{runtime.version} {runtime.tag}" if runtime is not None else None,
        "notes": sorted({note.code for note in outcome.notes}),
    }


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_a_machine_gets_its_right_answer(row: Row) -> None:
    outcome = answer_of(row)
    found = as_row(outcome)
    expected = dict(row.answer)
    notes = expected.pop("notes", [])
    refusals: dict[str, str] = expected.pop("not", {})
    assert {key: found.get(key) for key in expected} == expected
    if "conflict" not in expected:
        reported = found["notes"]
        assert isinstance(reported, list)
        assert set(notes) <= set(reported)
    codes = {rejected.candidate.build.label: rejected.reason.code for rejected in outcome.rejected}
    assert {build: codes.get(build) for build in refusals} == refusals


def test_the_table_leaves_no_generation_and_no_driver_branch_out() -> None:
    capabilities = {str(found) for row in ROWS for gpu in row.machine.gpus for found in gpu.capabilities}
    branches = {row.machine.driver.version.branch for row in ROWS if row.machine.driver and row.machine.driver.version}
    known = {str(row.capability) for row in matrix().architectures} - {"3.2"}
    assert known <= capabilities
    assert {450, 455, 460, 465, 470, 495, 510, 515, 520, 525, 530, 535, 545, 550, 555, 560, 565, 570, 575} <= branches
    assert {580, 590, 595} <= branches
