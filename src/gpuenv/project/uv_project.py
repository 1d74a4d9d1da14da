"""Tells whether an environment is that of a uv project, which uv itself keeps as its lock says."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.surroundings import Surroundings


def uv_project_of(root: Path, surroundings: Surroundings) -> Path | None:
    """Find the folder of the project whose environment `root` is; None where uv keeps no environment there.

    That is `.venv` beside a `uv.lock` or a `pyproject.toml` with `[tool.uv]`, or what `UV_PROJECT_ENVIRONMENT` names.
    """
    named = surroundings.environ.get("UV_PROJECT_ENVIRONMENT")
    for folder in (surroundings.cwd, *surroundings.cwd.parents):
        if (folder / "pyproject.toml").is_file():
            own = folder / (named or ".venv")
            return folder if _is_same(own, root) and _is_kept_by_uv(folder) else None
    return None


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_kept_by_uv(folder: Path) -> bool:
    if (folder / "uv.lock").is_file():
        return True
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - rarely needed
    else:
        import tomli as tomllib  # noqa: PLC0415 - as above
    try:
        read = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    tool = read.get("tool", {})
    return isinstance(tool, dict) and "uv" in tool
