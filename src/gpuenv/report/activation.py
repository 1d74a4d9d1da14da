"""Names the line that activates an environment in the shell that gpuenv was started from."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.models.environment import EnvironmentKind

_SCRIPTS: Final = {
    "bash": ("source", "activate"),
    "zsh": ("source", "activate"),
    "fish": ("source", "activate.fish"),
    "csh": ("source", "activate.csh"),
    "tcsh": ("source", "activate.csh"),
    "nu": ("overlay use", "activate.nu"),
    "pwsh": ("&", "activate.ps1"),
}
"""By the name of the shell's program: the word, and the script that `uv venv` and `python -m venv` write."""


def activation_line(root: str, kind: EnvironmentKind, environ: Mapping[str, str], *, is_windows: bool) -> str | None:
    """Make the line; None where the environment has none (a portable Python)."""
    if kind == "conda":
        return f"conda activate {_quoted(root, is_windows=is_windows)}"
    if kind != "venv":
        return None
    if is_windows and not environ.get("SHELL"):
        # PSModulePath is set for every program there; only cmd has a prompt of its own.
        script = "activate.bat" if environ.get("PROMPT") else "Activate.ps1"
        return _quoted(f"{root}\\Scripts\\{script}", is_windows=True)
    word, script = _SCRIPTS.get(PurePath(environ.get("SHELL", "sh")).stem, (".", "activate"))
    folder = "Scripts" if is_windows else "bin"
    return f"{word} {shlex.quote(f'{root}/{folder}/{script}')}"


def _quoted(path: str, *, is_windows: bool) -> str:
    if not is_windows:
        return shlex.quote(path)
    return f'"{path}"' if " " in path else path
