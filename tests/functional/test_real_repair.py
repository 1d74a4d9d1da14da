"""A real environment with a CPU torch and two owners of `onnxruntime/`: an install mends it, an undo brings it back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from support.command import gpuenv
from support.small_environments import picture, python_of, versions
from support.torch_environment import REQUIREMENT, install_into

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.network,
    pytest.mark.skipif(sys.platform != "linux", reason="the builds that are named are those for Linux"),
]

MACHINE = ("--target", "rtx-4090", "--driver", "580.95.05", "--indexes", "pypi")


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """A cache beside the environment, so that links can be made; five gigabytes that are not left behind."""
    yield {"UV_CACHE_DIR": str(tmp_path / "uv-cache")}
    for folder in ("uv-cache", "env"):
        shutil.rmtree(tmp_path / folder, ignore_errors=True)


@pytest.fixture
def root(tmp_path: Path, environ: Mapping[str, str]) -> Path:
    root = tmp_path / "env"
    subprocess.run([find_uv_bin(), "venv", "-q", "--python", sys.executable, str(root)], check=True)
    del environ
    for requirements in ((REQUIREMENT, "onnxruntime==1.22.0"), ("onnxruntime-gpu==1.22.0",)):
        failure = install_into(python_of(root), *requirements)
        if failure:
            pytest.skip(f"{requirements} cannot be had: {failure}")
    return root


@pytest.mark.parametrize("engine", ["uv", "pip"])
def test_one_install_mends_it_and_one_undo_brings_it_back(
    root: Path, environ: Mapping[str, str], tmp_path: Path, engine: str
) -> None:
    before = picture(root)
    done = gpuenv("install", *MACHINE, "--engine", engine, "--venv", "env", "--json", cwd=tmp_path, environ=environ)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert (done.envelope["status"], done.envelope["data"]["changed"]) == ("unverified", True)
    installed = versions(root)
    assert "onnxruntime" not in installed
    assert installed["torch"].partition("+")[2] != "cpu"
    assert {"nvidia-cudnn-cu13", "triton", "onnxruntime-gpu"} <= set(installed)

    again = gpuenv("install", *MACHINE, "--venv", "env", "--json", cwd=tmp_path, environ=environ)
    assert (again.exit_code, again.envelope["data"]["changed"]) == (0, False)

    undone = gpuenv("undo", "--venv", "env", "--json", cwd=tmp_path, environ=environ)
    assert undone.exit_code == 0, undone.stdout
    assert picture(root) == before
