"""A source tree whose build needs nothing but nvcc, and an environment that states a torch, to build it against."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from support.fake_torch import add_distribution, site_packages_of

BACKEND: Final = '''
"""A build backend without dependencies: one kernel, for the GPUs that TORCH_CUDA_ARCH_LIST names."""
import os, subprocess, zipfile

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = os.path.join(metadata_directory, "kernel-1.0.dist-info")
    os.mkdir(folder)
    with open(os.path.join(folder, "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: kernel\\nVersion: 1.0\\n")
    return "kernel-1.0.dist-info"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    wanted = {WANTED}
    codes = []
    for listed in wanted.replace(".", "").split(";"):
        a = listed.removesuffix("+PTX")
        codes.append(f"-gencode=arch=compute_{{a}},code=sm_{{a}}")
        codes += [f"-gencode=arch=compute_{{a}},code=compute_{{a}}"] if listed.endswith("+PTX") else []
    nvcc = os.path.join(os.environ["CUDA_HOME"], "bin", "nvcc")
    assert os.environ["FORCE_CUDA"] == "1" and int(os.environ["MAX_JOBS"]) >= 1
    subprocess.run([nvcc, "-shared", "-Xcompiler", "-fPIC", *codes, "-o", "kernel.so", "kernel.cu"], check=True)
    name = "kernel-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.write("kernel.so", "kernel/kernel.so")
        wheel.writestr("kernel-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: kernel\\nVersion: 1.0\\n")
        tags = "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n"
        wheel.writestr("kernel-1.0.dist-info/WHEEL", tags)
        record = "".join(f"{{found}},,\\n" for found in [*wheel.namelist(), "kernel-1.0.dist-info/RECORD"])
        wheel.writestr("kernel-1.0.dist-info/RECORD", record)
    return name
'''
KERNEL: Final = 'extern "C" __global__ void twice(float *x) { x[threadIdx.x] *= 2.0f; }\n'


def write_source(folder: Path, *, wanted: str) -> Path:
    """Write the tree; `wanted` is the Python expression that tells its build what to compile for."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (folder / "backend.py").write_text(BACKEND.format(WANTED=wanted))
    (folder / "kernel.cu").write_text(KERNEL)
    return folder


def make_environment(root: Path) -> Path:
    """Make an environment that states torch 2.15.0 of CUDA 13.0, as PyPI's builds do: in `torch/version.py`."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
    add_distribution(root, "torch", "2.15.0")
    (site_packages_of(root) / "torch").mkdir()
    state_cuda(root, "'13.0'")
    return root


def state_cuda(root: Path, cuda: str) -> None:
    """Let the torch of an environment be of another CUDA."""
    version = site_packages_of(root) / "torch" / "version.py"
    version.write_text(f"__version__ = '2.15.0'\ncuda: str | None = {cuda}\nhip: str | None = None\n")


def needs_nvcc() -> None:
    """Skip the test where there is no nvcc of CUDA 13."""
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    if not Path(nvcc).exists():
        pytest.skip("there is no CUDA toolkit here")
    told = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True)
    if "release 13." not in told.stdout:
        pytest.skip("the CUDA toolkit here is not of CUDA 13")
