"""One venv with a real CPU build of torch per test session, or the reason why there is none.

A test module imports the fixture: `from support.torch_environment import torch_environment`. Tests only read the
environment; one that changes it makes its own.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import venv
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from uv import find_uv_bin

REQUIREMENT: Final = "torch==2.13.0+cpu"
"""With its local label: no index may answer with gigabytes of CUDA libraries instead."""

_TIMEOUT_S: Final = 600


@pytest.fixture(scope="session")
def torch_environment() -> Path:
    """The root of a venv in which `import torch` works; skips where pip's configuration leads to no CPU build."""
    made = _torch_environment()
    if isinstance(made, str):
        pytest.skip(f"no {REQUIREMENT} can be had: {made}")
    return Path(made.name) / "venv"


@cache
def _torch_environment() -> TemporaryDirectory[str] | str:
    """Make the venv once for all modules that import the fixture; the folder goes when the interpreter ends."""
    folder = TemporaryDirectory(prefix="gpuenv-torch-", ignore_cleanup_errors=True)
    root = Path(folder.name) / "venv"
    venv.EnvBuilder(symlinks=os.name == "posix").create(root)
    failure = install_into(python_of(root), REQUIREMENT)
    if not failure:
        return folder
    folder.cleanup()
    return failure


def install_into(python: Path, *requirements: str) -> str:
    """Install into a venv; the last line of the complaint where neither uv nor pip can, else an empty string."""
    # uv takes a second where pip takes thirty; it does not read pip's configuration, so that is handed on.
    by_uv = [find_uv_bin(), "pip", "install", "-q", "--python", str(python), *_find_links(), *requirements]
    by_pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", *requirements]
    return _failure_of(by_uv) and _failure_of(by_pip)


def _failure_of(command: list[str]) -> str:
    """Run an installer and return the last line of its complaint; empty where it succeeded."""
    try:
        ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return f"no answer in {_TIMEOUT_S} s"
    return "" if ran.returncode == 0 else (ran.stderr.strip().splitlines() or ["no output"])[-1]


def python_of(root: Path) -> Path:
    """The interpreter of a venv."""
    return root / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _find_links() -> list[str]:
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True, timeout=60
    )
    options: list[str] = []
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        if name.endswith(".find-links"):
            options += [part for place in str(ast.literal_eval(value)).split() for part in ("--find-links", place)]
    return options
