"""The table of a project is added where it belongs, and what is there already stays as it is."""

from __future__ import annotations

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.lock.project_table import update_table

VALUES: dict[str, str | tuple[str, ...]] = {"targets": ("rtx-5090", "cpu"), "indexes": "pypi"}
TABLE = 'targets = [\n    "rtx-5090",\n    "cpu",\n]\nindexes = "pypi"\n'


def updated(text: str, *, is_own_file: bool = False) -> str:
    return update_table(text, VALUES, file="pyproject.toml", is_own_file=is_own_file)[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"[tool.gpuenv]\n{TABLE}"),
        ('# mine\n[project]\nname = "x" # so\n', f'# mine\n[project]\nname = "x" # so\n\n[tool.gpuenv]\n{TABLE}'),
        ("[tool.ruff]\nx = 1\n\n# last\n[other]\n", f"[tool.ruff]\nx = 1\n\n[tool.gpuenv]\n{TABLE}\n# last\n[other]\n"),
        (
            '[tool.gpuenv]\n# whom we serve\ntargets = ["h100"]\n\n# next\n[tool.ruff]\n',
            '[tool.gpuenv]\n# whom we serve\ntargets = ["h100"]\nindexes = "pypi"\n\n# next\n[tool.ruff]\n',
        ),
    ],
)
def test_what_is_missing_is_added_and_nothing_else_changes(before: str, after: str) -> None:
    assert updated(before) == after
    assert updated(after) == after


def test_a_file_of_our_own_has_no_table_around_it() -> None:
    assert updated("", is_own_file=True) == TABLE
    assert updated('requirements = ["torch"] # only\n', is_own_file=True) == f'requirements = ["torch"] # only\n{TABLE}'


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    assert updated('\ufeff[project]\r\nname = "x"\r\n').startswith(
        '\ufeff[project]\r\nname = "x"\r\n\r\n[tool.gpuenv]\r\n'
    )


def test_the_values_told_are_those_of_the_file() -> None:
    text = '[tool.gpuenv]\ntargets = ["h100"]\n'
    assert update_table(text, VALUES, file="f", is_own_file=False)[1] == {"targets": ("h100",), "indexes": "pypi"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[tool\n", "uv-project-not-toml"),
        ("tool = 1\n", "uv-project-unusual"),
        ("[tool]\ngpuenv = 1\n", "uv-project-unusual"),
    ],
)
def test_a_file_that_cannot_be_extended_is_refused(text: str, code: str) -> None:
    with pytest.raises(GpuenvError, match=code):
        updated(text)
