"""An environment is a uv project's only where uv itself would keep it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from gpuenv.models.surroundings import Surroundings
from gpuenv.project.uv_project import uv_project_of

if TYPE_CHECKING:
    from pathlib import Path


def found(tmp_path: Path, root: Path, *, cwd: Path | None = None, **environ: str) -> Path | None:
    root.mkdir(parents=True, exist_ok=True)
    surroundings = Surroundings(environ=environ, cwd=cwd or tmp_path, home=tmp_path, now=datetime.now(tz=timezone.utc))
    return uv_project_of(root, surroundings)


@pytest.mark.parametrize(
    ("text", "has_lock", "is_one"),
    [
        ("[project]\nname = 'a'\n", True, True),
        ("[project]\nname = 'a'\n[tool.uv]\n", False, True),
        ("[project]\nname = 'a'\n", False, False),
        ("[tool.poetry]\n", False, False),
        ("no TOML", False, False),
    ],
)
def test_a_lock_or_a_table_of_uv_makes_a_uv_project(tmp_path: Path, text: str, *, has_lock: bool, is_one: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    if has_lock:
        (tmp_path / "uv.lock").write_text("version = 1\n")
    assert found(tmp_path, tmp_path / ".venv") == (tmp_path if is_one else None)


def test_only_the_environment_that_uv_keeps_is_meant(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.uv]\n")
    inside = tmp_path / "src"
    inside.mkdir()
    assert found(tmp_path, tmp_path / ".venv", cwd=inside) == tmp_path
    assert found(tmp_path, tmp_path / "other") is None
    assert found(tmp_path, tmp_path / "other", UV_PROJECT_ENVIRONMENT="other") == tmp_path


def test_without_a_project_there_is_none(tmp_path: Path) -> None:
    assert found(tmp_path, tmp_path / ".venv") is None
