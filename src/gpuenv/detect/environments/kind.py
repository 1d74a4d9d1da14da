"""Tells what kind of environment a Python is: whose it is, and so whether it may be changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.detect.files import exists

if TYPE_CHECKING:
    from pathlib import Path, PurePath

    from gpuenv.detect.environments.interpreter import InterpreterFacts
    from gpuenv.models.environment import EnvironmentKind

_SYSTEM_PREFIXES: Final = ("/usr", "/usr/local", "/")

_SHARED: Final = re.compile(
    r"/(?:pyenv(?:-win)?|\.pyenv)/versions/"  # pyenv, pyenv-win
    r"|/(?:\.asdf|mise|rtx)/installs/python/"
    r"|/uv/python/|/hatch/(?:env/virtual/)?\.?pythons/|/\.rye/py/|/pdm/python/"  # what tools download for themselves
    r"|/programs/python/|/appdata/local/python/|/program files(?: \(x86\))?/|/windowsapps/|^[a-z]:/python\d*/"
    r"|/scoop/apps/python|/hostedtoolcache/|^/opt/(?:python|homebrew|local)|/python\.framework/|^/(?:nix|gnu)/store/",
    re.IGNORECASE,
)
"""Where base interpreters live from which people make environments; each by its installer's documentation."""

_APPLICATION: Final = ("*.py", "*.bat", "*.cmd", "*.sh", "*.ps1", "requirements*.txt", "pyproject.toml")
"""Files of an application that brings its own Python: it lies in the folder above (`app/runtime/python.exe`)."""


def environment_kind(folder: Path, facts: InterpreterFacts) -> EnvironmentKind:
    """Tell the kind by positive evidence.

    `portable` is only what shows that it belongs to one application, or was made to be moved; an interpreter that
    shows nothing of the kind is `base`: other environments and programs may rest on it.
    """
    if exists(folder / "conda-meta"):
        return "conda"
    if facts.is_virtual or exists(folder / "pyvenv.cfg"):
        return "venv"
    if exists(facts.stdlib / "EXTERNALLY-MANAGED") or str(facts.prefix) in _SYSTEM_PREFIXES:
        return "system"
    return "portable" if not is_shared_place(facts.prefix) and _is_self_contained(folder, facts) else "base"


def is_shared_place(prefix: PurePath) -> bool:
    """Whether an installer of Pythons puts them there: `~/.pyenv/versions/3.12.4`, `C:/Program Files/Python312`."""
    return _SHARED.search(f"{prefix.as_posix()}/") is not None


def _is_self_contained(folder: Path, facts: InterpreterFacts) -> bool:
    """Whether it is an embeddable Python, a relocatable build, or lies inside an application's folder."""
    return any(_matches(folder, "python*._pth")) or facts.is_relocatable or _is_inside_application(folder)


def _is_inside_application(folder: Path) -> bool:
    above = folder.parent
    is_home = exists(above / ".bashrc") or exists(above / "AppData") or above == above.parent
    return not is_home and any(any(_matches(above, pattern)) for pattern in _APPLICATION)


def _matches(folder: Path, pattern: str) -> list[Path]:
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []
