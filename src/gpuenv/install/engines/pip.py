"""The engine pip: which pip is run, what reaches it from outside, and the arguments of its commands."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from gpuenv.errors import GpuenvError
from gpuenv.install.engines.uv import engine_environment
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.environment import Environment

_OLDEST: Final = Version("22.3")
"""Older ones know neither `--python` nor all of today's wheels."""
_FIRST_WITH_RAW_PROGRESS: Final = Version("24.1")

_REACHES_PIP: Final = frozenset({"PIP_CACHE_DIR", "PIP_NO_CACHE_DIR", "PIP_KEYRING_PROVIDER", "PIP_RETRIES"})
"""Where pip keeps its cache, how it finds passwords, and how often it tries; the rest is told by `project`."""

_FIXED: Final = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_NO_INPUT": "1",
    "PIP_NO_COLOR": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONIOENCODING": "utf-8",
}
"""`PIP_CONFIG_FILE` as the null device switches all of pip's files off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pip:
    """One pip and the interpreter that it works on."""

    command: tuple[str, ...]
    version: Version


def find_pip(environment: Environment) -> Pip:
    """Choose the environment's own pip; where it has none that is whole and young enough, the one beside gpuenv.

    Raises `pip-not-found`.
    """
    own = environment.installed("pip")
    if own is not None and not own.problems and own.version >= _OLDEST:
        return Pip(command=(str(environment.python), "-m", "pip"), version=own.version)
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - heavy, and rarely needed

    try:
        beside = Version(version("pip"))
    except (PackageNotFoundError, InvalidVersion) as error:
        raise GpuenvError("pip-not-found", environment=str(environment.root)) from error
    return Pip(command=(sys.executable, "-m", "pip", "--python", str(environment.python)), version=beside)


def pip_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out of the variables what would redirect pip; its own files are switched off.

    >>> pip_environment({"PATH": "/bin", "PIP_TARGET": "x", "PIP_CACHE_DIR": "/c"})["PIP_CACHE_DIR"]
    '/c'
    """
    passed = {name: value for name, value in engine_environment(environ).items() if not name.startswith("UV_")}
    return passed | {name: environ[name] for name in _REACHES_PIP if name in environ} | _FIXED


def pip_install_argv(pip: Pip, requirements: Path, *, log: Path) -> tuple[str, ...]:
    """`pip install` of exactly what the file names, compiling nothing, as uv does; `log` gets all that pip can say."""
    progress = ("--progress-bar", "raw" if pip.version >= _FIRST_WITH_RAW_PROGRESS else "off")
    files = ("--log", str(log), "--requirement", str(requirements))
    return (*pip.command, "install", "--no-deps", "--no-compile", *progress, *files)


def pip_uninstall_argv(pip: Pip, projects: Sequence[str]) -> tuple[str, ...]:
    """`pip uninstall` of these projects."""
    return (*pip.command, "uninstall", "--yes", *projects)
