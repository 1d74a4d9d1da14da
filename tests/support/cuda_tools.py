"""Installs NVIDIA's compiler and cuobjdump from the package index that uv is configured for, once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

REQUIREMENTS = ("cuda-toolkit[nvcc,crt,nvvm,cccl,cudart]==13.2.2", "nvidia-cuda-cuobjdump==13.5.37")


@dataclass(frozen=True, slots=True, kw_only=True)
class CudaTools:
    """nvcc and cuobjdump."""

    bin: Path

    def run(self, *argv: str, cwd: Path) -> str:
        """Run one of them; gives what it wrote to stdout, raises where it failed."""
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            [str(self.bin / argv[0]), *argv[1:]],
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
            env={**os.environ, "PATH": path},
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


def install_cuda_tools(folder: Path) -> CudaTools | str:
    """Install them below a folder that is kept; the reason where they cannot be had."""
    tools = CudaTools(bin=folder / "nvidia" / "cu13" / "bin")
    done = folder / "installed.txt"
    wanted = "\n".join(REQUIREMENTS)
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return tools
    ran = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(folder), *REQUIREMENTS],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        return f"the CUDA compiler cannot be installed: {ran.stderr.strip()[-300:]}"
    done.write_text(wanted, encoding="utf-8")
    return tools


@pytest.fixture(scope="session")
def cuda_tools(pytestconfig: pytest.Config) -> CudaTools:
    if shutil.which("g++") is None:
        pytest.skip("nvcc needs g++")
    cache = pytestconfig.cache
    assert cache is not None
    tools = install_cuda_tools(cache.mkdir("cuda-13.2.2"))
    if isinstance(tools, str):
        pytest.skip(tools)
    return tools
