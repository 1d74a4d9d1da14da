"""Wordings of many programs, and texts that have nothing to do with a GPU installation."""

from __future__ import annotations

import pytest

from diagnose.samples import diagnosed, read_unrelated, read_wordings
from gpuenv.models.diagnosis import DiagnosisReport


@pytest.mark.parametrize(("code", "text"), read_wordings())
def test_a_wording_gets_its_cause(code: str, text: str) -> None:
    primary = diagnosed(text).primary
    assert primary is not None
    assert primary.cause.code == code


@pytest.mark.parametrize("name", list(read_unrelated()))
def test_an_unrelated_text_has_no_known_cause(name: str) -> None:
    assert diagnosed(read_unrelated()[name]) == DiagnosisReport(primary=None)


def test_there_are_enough_unrelated_texts() -> None:
    assert len(read_unrelated()) >= 50


def test_the_version_that_the_text_prints_decides_between_opposite_causes() -> None:
    # V100 has code in 2.10.0+cu128 for Linux, none in 2.11.0.
    text = (
        "OS: Linux\nGPU: Tesla V100\ntorch: {version}+cu128\n"
        "RuntimeError: CUDA error: no kernel image is available for execution"
    )
    dropped, served = (diagnosed(text.format(version=version)).primary for version in ("2.11.0", "2.10.0"))
    assert dropped is not None
    assert served is not None
    assert dropped.cause.code == "architecture-dropped-by-build"
    assert served.cause.code == "extension-lacks-code-for-gpu"
