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
from typing import TYPE_CHECKING, Final

import pytest
from uv import find_uv_bin

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIREMENT: Final = "torch==2.13.0+cpu"
"""With its local label: no index may answer with gigabytes of CUDA libraries instead."""

_TIMEOUT_S: Final = 600


@pytest.fixture(scope="session")
def torch_environment() -> Iterator[Path]:
    """The root of a venv in which `import torch` works; skips where pip's configuration leads to no CPU build."""
    made = _torch_environment()
    if isinstance(made, str):
        pytest.skip(f"no {REQUIREMENT} can be had: {made}")
    yield Path(made.name) / "venv"


@cache
def _torch_environment() -> TemporaryDirectory[str] | str:
    """Make the venv once for all modules that import the fixture; the folder goes when the interpreter ends."""
    folder = TemporaryDirectory(prefix="gpuenv-torch-", ignore_cleanup_errors=True)
    root = Path(folder.name) / "venv"
    venv.EnvBuilder(symlinks=os.name == "posix").create(root)
    python = python_of(root)
    # uv takes a second where pip takes thirty; it does not read pip's configuration, so that is handed on.
    by_uv = [find_uv_bin(), "pip", "install", "-q", "--python", str(python), *_find_links(), REQUIREMENT]
    by_pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", REQUIREMENT]
    failure = ""
    for command in (by_uv, by_pip):
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S)
        except subprocess.CalledProcessError as error:
            failure = (error.stderr.strip().splitlines() or ["no output"])[-1]
        except subprocess.TimeoutExpired:
            failure = f"no answer in {_TIMEOUT_S} s"
        else:
            return folder
    folder.cleanup()
    return failure


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
