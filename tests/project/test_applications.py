"""Applications that a project describes in its own table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from gpuenv.errors import UsageError
from gpuenv.models.application import (
    Application,
    ApplicationCheck,
    ApplicationRequirement,
    ApplicationSetting,
    KeptOut,
)
from gpuenv.models.matrix import Evidence, Provenance
from gpuenv.project.applications import read_project_applications

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """
[tool.gpuenv.applications.My_Tagger]
requirements = ["onnxruntime-gpu<1.27", "pillow"]
keep-out = ["onnxruntime"]
require = ["ort"]
imports = ["my-tagger"]
settings = { TAGGER_DEVICE = "cuda" }
"""


def test_the_project_describes_an_application_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(TABLE, encoding="utf-8")
    here = Provenance(evidence=Evidence.REPORT, source=str(file), verified="2026-11-21")
    assert read_project_applications(tmp_path, today="2026-11-21") == (
        Application(
            name="my-tagger",
            is_package=True,
            about="",
            requires=(
                ApplicationRequirement(requirement=Requirement("onnxruntime-gpu<1.27"), provenance=here),
                ApplicationRequirement(requirement=Requirement("pillow"), provenance=here),
            ),
            keeps_out=(KeptOut(project="onnxruntime", provenance=here),),
            checks=(
                ApplicationCheck(capability="ort", imports=None, provenance=here),
                ApplicationCheck(capability=None, imports="my-tagger", provenance=here),
            ),
            settings=(ApplicationSetting(variable="TAGGER_DEVICE", value="cuda", provenance=here),),
            provenance=here,
        ),
    )


def test_a_project_that_describes_none_has_none(tmp_path: Path) -> None:
    assert read_project_applications(tmp_path, today="2026-11-21") == ()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("keep-out", "keep_out", "project-table-unknown-key"),
        ('["ort"]', '"ort"', "project-table-wrong-type"),
        ('"cuda"', "1", "project-table-wrong-type"),
        ("gpu<1.27", "gpu<<1.27", "requirement-invalid"),
    ],
)
def test_slips_in_the_table_are_coded_errors(old: str, new: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TABLE.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_project_applications(tmp_path, today="2026-11-21")
    assert caught.value.code == code
