"""Error texts of threads that the signatures were not written after."""

from __future__ import annotations

import pytest

from diagnose.samples import Found, diagnosed, read_found


@pytest.mark.parametrize("found", [pytest.param(found, id=found.source) for found in read_found()])
def test_a_text_that_was_found_elsewhere_gets_a_right_cause(found: Found) -> None:
    primary = diagnosed(found.text).primary
    assert (primary.cause.code if primary is not None else "none") in found.codes


def test_there_are_enough_texts_from_elsewhere() -> None:
    assert len(read_found()) >= 30
