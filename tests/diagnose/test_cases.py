"""Real incidents: the class of the primary cause, from what their reporters pasted and stated."""

from __future__ import annotations

import pytest

from diagnose.samples import Case, diagnosed, read_cases

UNDECIDABLE = {
    "comfyui-10415": "has neither an error text nor a version",
    "pytorch-168065": "names a GPU and aarch64 alone: no torch version, no error text",
    "pinokio-1027": "names a Jetson alone: no torch version, no error text",
    "panelcleaner-21": "names a GPU alone: no torch version, no error text",
    "pinokio-comfy-7": "names a GPU alone: no torch version, no error text",
    "k80-manylinux-13": "torch 2.7.1+cu118 for sm_37 is known by extrapolation only, which decides nothing",
    "citygaussian-125": "by its facts torch 2.6.0+cu126 has no sm_120; the extension came after the repair of that",
}
"""Incidents whose class does not follow from what was pasted; strict, so that a better matrix shows itself here."""

CASES = read_cases()


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=case.id,
            marks=[pytest.mark.xfail(reason=UNDECIDABLE[case.id], strict=True)] if case.id in UNDECIDABLE else [],
        )
        for case in CASES
    ],
)
def test_an_incident_gets_its_class(case: Case) -> None:
    primary = diagnosed(case.text).primary
    assert (primary.cause_class if primary else "no-known-cause") == case.cause_class


def test_nine_of_ten_incidents_are_right_and_hardly_any_is_wrong_with_confidence() -> None:
    reports = [(case, diagnosed(case.text).primary) for case in CASES]
    right = [case for case, primary in reports if primary is not None and primary.cause_class == case.cause_class]
    sure_and_wrong = [
        case.id
        for case, primary in reports
        if primary is not None and primary.confidence == "high" and primary.cause_class != case.cause_class
    ]
    assert len(right) >= 0.9 * len(CASES)
    assert len(sure_and_wrong) <= 0.02 * len(CASES), sure_and_wrong


def test_the_error_text_alone_is_mostly_enough_and_never_wrong_with_confidence() -> None:
    reports = [(case, diagnosed(case.error_text).primary) for case in CASES if case.error_text]
    right = [case for case, primary in reports if primary is not None and primary.cause_class == case.cause_class]
    sure_and_wrong = [
        case.id
        for case, primary in reports
        if primary is not None and primary.confidence == "high" and primary.cause_class != case.cause_class
    ]
    assert len(right) >= 0.85 * len(reports)
    assert sure_and_wrong == []
