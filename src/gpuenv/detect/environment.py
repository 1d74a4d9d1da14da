"""Finds the Python environment to work on and reads what it is and what is installed in it."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.detect.environments.place import usual_place
from gpuenv.detect.files import exists, read_text
from gpuenv.detect.platform import detect_platform
from gpuenv.errors import GpuenvError
from gpuenv.models.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.detect.environments.interpreter import InterpreterFacts
    from gpuenv.models.environment import InstalledDistribution
    from gpuenv.models.surroundings import Surroundings

_HOME_LINE: Final = re.compile(r"^home\s*=\s*(.+?)\s*$", re.MULTILINE)
_PROGRAMS: Final = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe", "python3.exe")
_PROGRAM_FOLDERS: Final = ("bin", "scripts")


def find_environment(choice: str | None, surroundings: Surroundings) -> Path:
    """Find the environment's folder: what was chosen, else $VIRTUAL_ENV, $CONDA_PREFIX, ./.venv. It may not exist yet.

    An interpreter stands for the environment that it lies in.
    """
    named = choice or usual_place(surroundings.environ)
    path = Path(os.path.normpath(surroundings.cwd / Path(named).expanduser()))  # links stay as they are
    return _root_of_interpreter(path) if path.is_file() else path


def read_environment(
    root: Path, *, surroundings: Surroundings, with_requirements: bool = True, timeout_s: float | None = None
) -> Environment:
    """Read a venv, a conda prefix, the folder of a portable Python, or the environment of an interpreter.

    Where nobody asks what the distributions require, that need not be read. `timeout_s` is how long the interpreter may
    take; None: as long as one on a slow disk does.

    Raises `environment-not-found`, `not-an-environment`, `environment-python-gone` (there is a pyvenv.cfg, and its
    interpreter leads nowhere), `environment-python-fails`, `environment-unreadable`, `platform-unsupported`.
    """
    folder = _root_of_interpreter(root) if root.is_file() else root
    python = _find_python(folder)
    facts = _ask(folder, python, surroundings, timeout_s)
    from gpuenv.detect.environments.distributions import read_installed  # noqa: PLC0415 - only where there is an environment
    from gpuenv.detect.environments.kind import environment_kind  # noqa: PLC0415 - as above

    try:
        installed = read_installed((facts.purelib, facts.platlib), with_requirements=with_requirements)
        outer = read_installed(facts.outer, with_requirements=with_requirements).distributions
    except OSError as error:
        raise GpuenvError("environment-unreadable", path=str(folder), detail=str(error)) from error
    return Environment(
        root=folder,
        kind=environment_kind(folder, facts),
        python=python,
        python_version=facts.version,
        platform=detect_platform(surroundings),
        site_packages=facts.purelib,
        distributions=installed.distributions,
        remnants=installed.remnants,
        outer=_not_hidden(outer, installed.distributions),
    )


def read_again(environment: Environment) -> Environment:
    """Read what is installed in an environment whose interpreter was asked before; it stays what it is."""
    from gpuenv.detect.environments.distributions import read_installed  # noqa: PLC0415 - as above

    folders = (environment.site_packages, *(found.location.parent for found in environment.distributions))
    try:
        installed = read_installed(folders)
    except OSError as error:
        raise GpuenvError("environment-unreadable", path=str(environment.root), detail=str(error)) from error
    return replace(
        environment,
        distributions=installed.distributions,
        remnants=installed.remnants,
        outer=_not_hidden(environment.outer, installed.distributions),
    )


def _not_hidden(
    outer: Sequence[InstalledDistribution], own: Sequence[InstalledDistribution]
) -> tuple[InstalledDistribution, ...]:
    names = {found.name for found in own}
    return tuple(found for found in outer if found.name not in names)


def _ask(folder: Path, python: Path, surroundings: Surroundings, timeout_s: float | None) -> InterpreterFacts:
    """Ask the interpreter; one that fails because its base Python was removed is told as gone."""
    from gpuenv.detect.environments.interpreter import TIMEOUT_S  # noqa: PLC0415 - only where there is one
    from gpuenv.detect.environments.kept_answers import interpreter_facts  # noqa: PLC0415 - as above

    try:
        facts = interpreter_facts(python, surroundings, timeout_s=timeout_s or TIMEOUT_S)
    except GpuenvError as error:
        home = parse_home(read_text(folder / "pyvenv.cfg") or "")
        if home is None or exists(Path(home)):
            raise
        raise GpuenvError("environment-python-gone", path=str(folder), python=str(python), home=home) from error
    if not facts.is_64bit:
        raise GpuenvError("platform-unsupported", system=sys.platform, machine="32-bit Python")
    return facts


def parse_home(text: str) -> str | None:
    """Read from `pyvenv.cfg` where the venv's base Python was.

    home = /usr/bin
    """
    found = _HOME_LINE.search(text)
    return found[1] if found else None


def _root_of_interpreter(python: Path) -> Path:
    """The folder of the environment that an interpreter lies in, by the layout of venv, conda and portable Pythons."""
    folder = python.parent
    if folder.name.lower() in _PROGRAM_FOLDERS and not exists(folder / "pyvenv.cfg"):
        return folder.parent
    return folder


def _find_python(folder: Path) -> Path:
    try:
        if not folder.exists():
            raise GpuenvError("environment-not-found", path=str(folder))
        if not folder.is_dir():
            raise GpuenvError("not-an-environment", path=str(folder))
        os.listdir(folder)  # noqa: PTH208 - only whether it may be read
    except OSError as error:
        raise GpuenvError("environment-unreadable", path=str(folder), detail=str(error)) from error
    for name in _PROGRAMS:
        if exists(folder / name):
            return folder / name
    if exists(folder / "pyvenv.cfg"):
        home = parse_home(read_text(folder / "pyvenv.cfg") or "")
        links = [folder / name for name in _PROGRAMS if (folder / name).is_symlink()]
        gone = links[0] if links else folder / _PROGRAMS[0]
        raise GpuenvError("environment-python-gone", path=str(folder), python=str(gone), home=home)
    raise GpuenvError("not-an-environment", path=str(folder))
