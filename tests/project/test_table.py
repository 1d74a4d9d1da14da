from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import UsageError
from gpuenv.project.table import ProjectTable, parse_project_table, read_project_table

if TYPE_CHECKING:
    from gpuenv.errors import ContextValue

SAMPLE = (Path(__file__).parent.parent / "data" / "project" / "gpuenv.toml").read_text(encoding="utf-8")


def table(file: str) -> ProjectTable:
    return ProjectTable(
        file=file,
        requirements=("torch<2.14", "onnxruntime-gpu"),
        targets=("rtx-5090", "gtx-1080-ti"),
        platforms=("linux-x86_64", "windows-x86_64"),
        pythons=("3.12",),
        extensions=("gsplat",),
        locks="locks/gpu",
        indexes="pypi",
        channel="nightly",
        verify_commands=("python -m app --self-test",),
    )


def test_gpuenv_toml_is_read() -> None:
    assert parse_project_table(SAMPLE, file="gpuenv.toml", is_own_file=True) == table("gpuenv.toml")


def test_the_table_of_pyproject_is_read_the_same_way(tmp_path: Path) -> None:
    text = "[tool.gpuenv]\n" + SAMPLE.replace("[verify]", "[tool.gpuenv.verify]")
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert read_project_table(tmp_path) == table(str(tmp_path / "pyproject.toml"))


def test_gpuenv_toml_goes_before_pyproject(tmp_path: Path) -> None:
    (tmp_path / "gpuenv.toml").write_text("", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.gpuenv]\nindexes = "pypi"\n', encoding="utf-8")
    assert read_project_table(tmp_path) == ProjectTable(file=str(tmp_path / "gpuenv.toml"))


@pytest.mark.parametrize("text", [None, "", "[project]\nname = 'x'\n", "[tool.uv]\n", "tool = 1\n"])
def test_a_project_that_says_nothing_has_no_table(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert read_project_table(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("requirement = []", "project-table-unknown-key", {"key": "requirement", "near": ("requirements",)}),
        ("[verify]\nx = 1", "project-table-unknown-key", {"key": "verify.x", "near": ("commands",)}),
        ("requirements = 'torch'", "project-table-wrong-type", {"key": "requirements", "expected": "array of strings"}),
        ("targets = [1]", "project-table-wrong-type", {"key": "targets", "expected": "array of strings"}),
        ("indexes = 3", "project-table-wrong-type", {"key": "indexes", "expected": "string"}),
        ("verify = 'x'", "project-table-wrong-type", {"key": "verify", "expected": "table"}),
        ("channel = 'beta'", "project-table-wrong-value", {"key": "channel", "known": ("stable", "nightly")}),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text: str, code: str, facts: dict[str, ContextValue]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_project_table(text, file="gpuenv.toml", is_own_file=True)
    assert (caught.value.code, caught.value.context) == (code, {"file": "gpuenv.toml", **facts})


def test_a_key_in_pyproject_is_named_in_full() -> None:
    with pytest.raises(UsageError) as caught:
        parse_project_table("[tool.gpuenv]\nindex = 'x'\n", file="pyproject.toml", is_own_file=False)
    assert caught.value.context["key"] == "tool.gpuenv.index"


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "gpuenv.toml").write_text("a = 1\nb =\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_project_table(tmp_path)
    assert (caught.value.code, caught.value.context["file"]) == ("project-file-not-toml", str(tmp_path / "gpuenv.toml"))
    assert "line 2" in str(caught.value.context["detail"])


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "gpuenv.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError) as caught:
        read_project_table(tmp_path)
    assert caught.value.code == "project-file-unreadable"
