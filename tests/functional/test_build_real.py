"""`gpuenv build` against a real torch of CUDA 13 without a toolkit: the compiler comes from the registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.command import gpuenv

SOURCES = Path(__file__).parents[1] / "data" / "build"
CUDA_13_TORCH = "torch==2.15.0"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.network,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="the torch of the registry is a CUDA build on Linux"
    ),
    pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler here"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment that holds a real torch, and nothing that a build needs beside it."""
    folder = tmp_path_factory.mktemp("real")
    ran = gpuenv(
        *("install", CUDA_13_TORCH, "--target", "rtx-5090", "--driver", "580.95.05", "--indexes", "pypi"),
        *("--venv", "env", "--python", sys.executable, "--yes", "--json"),
        cwd=folder,
    )
    if ran.exit_code:
        pytest.skip(f"a CUDA 13 torch cannot be had here: {ran.stdout[-300:]}")
    return folder


def build(place: Path, *arguments: str) -> tuple[int, dict[str, object], list[str]]:
    """Build with no nvcc on the PATH; gives exit code, data, and the codes of errors."""
    environ = {
        "CUDA_HOME": "",
        "CUDA_PATH": "",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin", "/bin")),
        "GPUENV_CACHE_DIR": str(place / "cache"),
    }
    ran = gpuenv("build", *arguments, "--venv", "env", "--json", cwd=place, environ=environ)
    return ran.exit_code, ran.envelope["data"], [error["code"] for error in ran.envelope["errors"]]


def copy(name: str, folder: Path) -> Path:
    return shutil.copytree(SOURCES / name, folder / name)


def sass_of(data: dict[str, object]) -> list[object]:
    files = data["files"]
    assert isinstance(files, list)
    return [file["sass"] for file in files]


def test_an_extension_is_built_for_sm_120_with_the_compiler_wheels_proved_and_installed(place: Path) -> None:
    source = copy("diff-gaussian-rasterization", place / "research")
    exit_code, data, errors = build(place, str(source), "--target", "rtx-5090")
    assert (exit_code, errors) == (0, [])
    variables = data["variables"]
    assert isinstance(variables, dict)
    assert variables["CUDA_HOME"].startswith(str(place / "cache" / "compilers"))
    assert (sass_of(data), data["installed"], data["origin"]) == ([["sm_120"]], True, "built")
    python = place / "env" / "bin" / "python"
    imported = "from diff_gaussian_rasterization import GaussianRasterizer; GaussianRasterizer()"
    subprocess.run([python, "-c", imported], check=True, cwd=place)

    exit_code, data, errors = build(place, str(source), "--target", "rtx-5090")
    assert (exit_code, errors, data["origin"]) == (0, [], "kept")


def test_the_same_build_for_sm_80_fails_the_proof_for_sm_120(place: Path) -> None:
    source = copy("diff-gaussian-rasterization", place / "ampere")
    script = source / "setup.py"
    script.write_text(script.read_text().replace('"nvcc": [', '"nvcc": ["-gencode=arch=compute_80,code=sm_80", '))
    exit_code, data, errors = build(place, str(source), "--target", "rtx-5090")
    assert (exit_code, errors) == (3, ["extension-lacks-architecture"])
    assert (sass_of(data), data["installed"]) == ([["sm_80"]], False)


def test_a_script_that_pins_cxx_17_is_built_as_cxx_20_and_that_is_said(place: Path) -> None:
    source = copy("simple-knn", place)
    exit_code, data, errors = build(place, str(source), "--target", "rtx-5090")
    assert (exit_code, errors, sass_of(data)) == (0, [], [["sm_120"]])
    warnings = data["warnings"]
    assert isinstance(warnings, list)
    assert [warning["code"] for warning in warnings] == ["cxx-standard-raised"]
    assert '"-std=c++17"' in (source / "setup.py").read_text()
