"""`gpuenv build` as a command: a real nvcc, a real wheel, and the proof by its own code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.command import gpuenv
from support.fake_torch import add_distribution, site_packages_of

HERE = {"CUDA_HOME": "", "CUDA_PATH": ""}
BACKEND = '''
"""A build backend without dependencies: one kernel, for the GPUs that TORCH_CUDA_ARCH_LIST names."""
import os, subprocess, sys, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    wanted = {WANTED}
    codes = [f"-gencode=arch=compute_{{a}},code=sm_{{a}}" for a in wanted.replace(".", "").split(";")]
    nvcc = os.path.join(os.environ["CUDA_HOME"], "bin", "nvcc")
    assert os.environ["FORCE_CUDA"] == "1" and int(os.environ["MAX_JOBS"]) >= 1
    subprocess.run([nvcc, "-shared", "-Xcompiler", "-fPIC", *codes, "-o", "kernel.so", "kernel.cu"], check=True)
    name = "kernel-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.write("kernel.so", "kernel/kernel.so")
        wheel.writestr("kernel-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: kernel\\nVersion: 1.0\\n")
        tags = "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n"
        wheel.writestr("kernel-1.0.dist-info/WHEEL", tags)
        wheel.writestr("kernel-1.0.dist-info/RECORD", "")
    return name
'''
KERNEL = 'extern "C" __global__ void twice(float *x) { x[threadIdx.x] *= 2.0f; }\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "kernel", wanted='os.environ["TORCH_CUDA_ARCH_LIST"]')


def write_source(folder: Path, *, wanted: str) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (folder / "backend.py").write_text(BACKEND.format(WANTED=wanted))
    (folder / "kernel.cu").write_text(KERNEL)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment that states torch 2.15.0 of CUDA 13.0, as PyPI's builds do: in `torch/version.py`."""
    root = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
    add_distribution(root, "torch", "2.15.0")
    (site_packages_of(root) / "torch").mkdir()
    state_cuda(root, "'13.0'")
    return root


def state_cuda(root: Path, cuda: str) -> None:
    version = site_packages_of(root) / "torch" / "version.py"
    version.write_text(f"__version__ = '2.15.0'\ncuda: str | None = {cuda}\nhip: str | None = None\n")


def _needs_nvcc() -> None:
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    if not Path(nvcc).exists():
        pytest.skip("there is no CUDA toolkit here")
    told = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True)
    if "release 13." not in told.stdout:
        pytest.skip("the CUDA toolkit here is not of CUDA 13")


def test_a_wheel_is_built_for_the_target_and_proved(source: Path, environment: Path, tmp_path: Path) -> None:
    _needs_nvcc()
    target = ("--target", "rtx-5090,rtx-3060")
    ran = gpuenv("build", str(source), *target, "--venv", str(environment), "--json", cwd=tmp_path, environ=HERE)
    assert ran.exit_code == 0, ran.stdout
    data = ran.envelope["data"]
    assert data["wheel"] == str(tmp_path / "dist" / "kernel-1.0-py3-none-any.whl")
    assert Path(data["wheel"]).is_file()
    assert data["variables"]["TORCH_CUDA_ARCH_LIST"] == "8.6;12.0"
    (library,) = data["files"]
    assert (library["sass"], library["ptx"]) == (["sm_86", "sm_120"], [])
    assert [(verdict["gpu"], verdict["kind"]) for verdict in library["verdicts"]] == [
        ("NVIDIA GeForce RTX 5090", "sass"),
        ("NVIDIA GeForce RTX 3060", "sass"),
    ]


def test_a_build_that_ignores_the_target_is_found_out(environment: Path, tmp_path: Path) -> None:
    _needs_nvcc()
    source = write_source(tmp_path / "stubborn", wanted='"8.6"')
    arguments = ("build", str(source), "--target", "rtx-5090", "--venv", str(environment), "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ=HERE)
    (error,) = ran.envelope["errors"]
    assert (ran.exit_code, ran.envelope["status"], error["code"]) == (3, "failed", "extension-lacks-architecture")
    assert "NVIDIA GeForce RTX 5090" in error["message"]
    assert "sm_86" in error["message"]
    assert error["hints"] == [f"rm -rf {source}/build"]


def test_a_build_that_fails_shows_its_last_lines(source: Path, environment: Path, tmp_path: Path) -> None:
    _needs_nvcc()
    (source / "kernel.cu").write_text("this is no kernel\n")
    arguments = ("build", str(source), "--target", "sm_120", "--venv", str(environment), "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ=HERE)
    (error,) = ran.envelope["errors"]
    assert (ran.exit_code, error["code"]) == (1, "build-failed")
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(
    ("cuda", "target", "code"),
    [
        ("None", "sm_120", "build-needs-cuda-torch"),
        ("'12.8'", "sm_120", "toolkit-does-not-fit-torch"),
        ("'13.0'", "gtx-1080-ti", "toolkit-lacks-architecture"),
        ("'13.0'", "cpu", "build-needs-gpu"),
    ],
)
def test_what_cannot_be_built_is_refused_before_anything_is_compiled(
    source: Path, environment: Path, tmp_path: Path, cuda: str, target: str, code: str
) -> None:
    _needs_nvcc()
    state_cuda(environment, cuda)
    arguments = ("build", str(source), "--target", target, "--venv", str(environment), "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ=HERE)
    assert [error["code"] for error in ran.envelope["errors"]] == [code]
    assert ran.exit_code == (2 if code == "build-needs-gpu" else 1)
    assert not (source / "kernel.so").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("mmcv",), "not-available-yet"),
        (("kernel", "kernel"), "not-available-yet"),
        (("empty",), "not-a-source-tree"),
    ],
)
def test_other_sources_are_refused_by_name(source: Path, tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    (tmp_path / "empty").mkdir()
    assert source.name == "kernel"
    ran = gpuenv(
        "build", *arguments, "--target", "sm_120", "--json", cwd=tmp_path, environ={**HERE, "PATH": os.defpath}
    )
    assert ran.exit_code == 1
    assert [error["code"] for error in ran.envelope["errors"]] == [code]
