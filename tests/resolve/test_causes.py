"""Each change that a conflict offers, applied, removes it, and gives the build that was promised."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.rows import ROWS
from gpuenv.models.resolution import Conflict
from gpuenv.report.messages import phrase
from gpuenv.resolve.resolver import resolve
from resolve.applied_changes import apply
from resolve.machine_strategies import few, machines, policies
from support.machines import gpu, matrix, request, tables, target

if TYPE_CHECKING:
    from exam.rows import Row
    from gpuenv.models.request import IndexPolicy, Request
    from gpuenv.models.target import Target
    from gpuenv.report.messages import Language

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
ONLY_ONE_STEP = frozenset({"install-driver-branch", "install-jetpack", "change-platform", "use-cpu"})
"""Changes of the machine itself: what else is asked for may then stand in the way."""
PROMISES = frozenset({"change-requirement", "change-python", "change-indexes", "select-gpus", "leave-onnxruntime-out"})

requests = st.sampled_from(
    (
        ("torch",),
        ("torch>=2.8",),
        ("torch<2.7",),
        ("torch==2.10.*", "torchvision"),
        ("torch", "torchaudio==2.9.*"),
        ("torch", "onnxruntime-gpu"),
        ("torch", "onnxruntime-gpu<1.24"),
        ("onnxruntime-gpu",),
        ("onnxruntime-gpu>=1.27",),
        ("torch==2.10.0.dev20251210+cu128",),
    )
)


def assert_every_change_removes_it(asked: Request, machine: Target) -> None:
    outcome = resolve(asked, machine, matrix(), tables=tables())
    if not isinstance(outcome, Conflict):
        return
    assert outcome.causes
    for cause in outcome.causes:
        after = resolve(*apply(cause.change, asked, machine), matrix(), tables=tables())
        if isinstance(after, Conflict):
            assert cause.change.code in ONLY_ONE_STEP, (cause, after.reason)
            assert after.reason.code != outcome.reason.code
        elif cause.change.code in PROMISES and after.torch is not None:
            assert after.torch.build.label == cause.would_give


@few
@given(machines, policies, requests)
def test_every_change_that_a_conflict_offers_removes_it(
    machine: Target, policy: IndexPolicy, asked: tuple[str, ...]
) -> None:
    assert_every_change_removes_it(request(*asked, policy=policy), machine)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS if "conflict" in row.answer])
def test_every_change_offered_in_the_examination_removes_the_conflict(row: Row) -> None:
    assert_every_change_removes_it(row.asked, row.machine)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS if "conflict" in row.answer])
def test_every_conflict_is_told_in_both_languages_with_a_way_out(row: Row) -> None:
    outcome = resolve(row.asked, row.machine, matrix(), tables=tables())
    assert isinstance(outcome, Conflict)
    for language in LANGUAGES:
        said = [
            phrase(notice.code, notice.context, language)
            for notice in (outcome.reason, *(cause.change for cause in outcome.causes))
        ]
        assert all(sentence.message and "{" not in sentence.message for sentence in said)
        assert all("None" not in sentence.message for sentence in said)
        told = [phrase(found.reason.code, found.reason.context, language).message for found in outcome.rejected]
        assert all(text and "{" not in text for text in told)
        on_windows = row.machine.platform.driver_system == "windows"
        assert on_windows or any(sentence.hints for sentence in said)


def test_gpus_of_this_machine_are_selected_by_what_names_them() -> None:
    here = replace(
        target("6.1", driver="580.95.05", origin="detected"),
        gpus=(gpu("6.1", index=0, uuid="GPU-a"), gpu("12.0", index=1)),
    )
    outcome = resolve(request(), here, matrix(), tables=tables())
    assert isinstance(outcome, Conflict)
    assert [cause.change.context["visible"] for cause in outcome.causes] == ["GPU-a", "1"]
