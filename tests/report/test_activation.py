"""The line that activates an environment is the one of the user's own shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv.report.activation import activation_line

if TYPE_CHECKING:
    from gpuenv.models.environment import EnvironmentKind


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("/bin/bash", "source .venv/bin/activate"),
        ("/usr/bin/zsh", "source .venv/bin/activate"),
        ("/usr/bin/fish", "source .venv/bin/activate.fish"),
        ("/bin/tcsh", "source .venv/bin/activate.csh"),
        ("/usr/bin/nu", "overlay use .venv/bin/activate.nu"),
        ("/usr/bin/pwsh", "& .venv/bin/activate.ps1"),
        ("/bin/dash", ". .venv/bin/activate"),
        ("", ". .venv/bin/activate"),
    ],
)
def test_a_venv_is_activated_in_the_words_of_the_shell(shell: str, line: str) -> None:
    environ = {"SHELL": shell} if shell else {}
    assert activation_line(".venv", "venv", environ, is_windows=False) == line


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"PSModulePath": "x"}, r".venv\Scripts\Activate.ps1"),
        ({"PSModulePath": "x", "PROMPT": "$P$G"}, r".venv\Scripts\activate.bat"),
        ({"SHELL": "/usr/bin/bash"}, "source .venv/Scripts/activate"),
    ],
    ids=["powershell", "cmd", "git-bash"],
)
def test_windows_has_shells_of_its_own(environ: dict[str, str], line: str) -> None:
    assert activation_line(".venv", "venv", environ, is_windows=True) == line


@pytest.mark.parametrize(("kind", "line"), [("conda", "conda activate '/my envs/gpu'"), ("portable", None)])
def test_other_environments_have_other_ways_or_none(kind: EnvironmentKind, line: str | None) -> None:
    assert activation_line("/my envs/gpu", kind, {}, is_windows=False) == line


def test_a_path_with_a_space_is_quoted() -> None:
    assert activation_line("/my envs/gpu", "venv", {"SHELL": "bash"}, is_windows=False) == (
        "source '/my envs/gpu/bin/activate'"
    )
    assert activation_line(r"C:\my envs", "venv", {}, is_windows=True) == r'"C:\my envs\Scripts\Activate.ps1"'
