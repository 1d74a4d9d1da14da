"""What a source tree says that its own build needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.project.build_system import read_build_requirements

if TYPE_CHECKING:
    from pathlib import Path


def required(tree: Path, *, pyproject: str | None = None, script: str | None = None) -> list[str]:
    for name, text in (("pyproject.toml", pyproject), ("setup.py", script)):
        if text is not None:
            (tree / name).write_text(text)
    return [str(found) for found in read_build_requirements(tree)]


def test_the_build_system_table_says_what_is_needed(tmp_path: Path) -> None:
    table = '[build-system]\nrequires = ["setuptools>=64", "torch", "ninja; sys_platform != \'win32\'"]\n'
    assert required(tmp_path, pyproject=table) == ["setuptools>=64", "torch", 'ninja; sys_platform != "win32"']


def test_without_a_table_it_is_setuptools(tmp_path: Path) -> None:
    assert required(tmp_path, script="import setuptools\n") == ["setuptools", "wheel"]
    assert required(tmp_path, pyproject="[tool.black]\nline-length = 100\n") == ["setuptools", "wheel"]


def test_a_script_of_old_gets_a_setuptools_that_still_has_pkg_resources(tmp_path: Path) -> None:
    found = required(tmp_path, script="from pkg_resources import parse_version\n")
    assert found == ["setuptools", "wheel", "setuptools<81"]


@pytest.mark.parametrize(
    "text", ["[build-system", '[build-system]\nrequires = "setuptools"\n', '[build-system]\nrequires = ["=="]\n']
)
def test_what_has_no_meaning_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(GpuenvError) as refused:
        required(tmp_path, pyproject=text)
    assert (refused.value.code, refused.value.context["file"]) == (
        "build-system-invalid",
        str(tmp_path / "pyproject.toml"),
    )
