"""`gpuenv build NAME` takes a wheel that somebody else built where one serves the GPUs, and says where none does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.command import Ran, gpuenv
from support.fake_torch import add_distribution, site_packages_of
from support.fatbin import containers, elf
from support.index_server import IndexServer
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

MATRIX = Path(__file__).parents[2] / "matrices" / "2026.11"
PYTHON = f"cp3{sys.version_info.minor}"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the wheels are for Linux")


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment that states torch 2.15.0 of CUDA 13.0."""
    root = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
    add_distribution(root, "torch", "2.15.0")
    (site_packages_of(root) / "torch").mkdir()
    (site_packages_of(root) / "torch" / "__init__.py").write_text("")
    (site_packages_of(root) / "torch" / "version.py").write_text("cuda: str | None = '13.0'\nhip: str | None = None\n")
    return root


def wheel(folder: Path, version: str, code: str, *, fails: str = "") -> Path:
    """Make a wheel; `fails` is what its import says."""
    module = f"raise ImportError({fails!r})\n" if fails else ""
    files: dict[str, str | bytes] = {
        "fast_knn/__init__.py": module,
        "fast_knn/kernels.so": elf((".nv_fatbin", containers(code))),
    }
    return make_wheel(folder, "fast-knn", version, tags=f"{PYTHON}-{PYTHON}-linux_x86_64", files=files)


def build(server: IndexServer, environment: Path, *arguments: str, source_build: str = "never") -> Ran:
    """Build `fast-knn`, which a matrix knows with the server's page."""
    folder = environment.parent
    shutil.copytree(MATRIX, folder / "matrix", dirs_exist_ok=True)
    row = (
        f'\n[[extension]]\npackage = "fast-knn"\nwheels = ["{server.flat_url}"]\nbinds_to_torch = true\n'
        f'source_build = "{source_build}"\nimport_check = "import fast_knn"\nsource = "simple-knn"\n'
    )
    text = (MATRIX / "extensions.toml").read_text()
    (folder / "matrix" / "extensions.toml").write_text(text.replace("\n[sources]\n", f"{row}\n[sources]\n"))
    environ = {"CUDA_HOME": "", "CUDA_PATH": "", "GPUENV_CACHE_DIR": str(folder / "cache"), "PIP_FIND_LINKS": ""}
    shared = ("--target", "rtx-5090", "--venv", str(environment), "--matrix", str(folder / "matrix"), "--json")
    return gpuenv("build", "fast-knn", *shared, *arguments, cwd=folder, environ=environ)


def test_the_newest_wheel_for_this_torch_that_serves_the_gpu_is_installed(
    server: IndexServer, environment: Path, tmp_path: Path
) -> None:
    for version, code in {
        "2.3+pt214cu130": "sm_120",  # of another torch
        "2.2+pt215cu128": "sm_120",  # of another CUDA
        "2.1+pt215cu130": "sm_80 sm_90",
        "2.0+pt215cu130": "sm_90 sm_120",
        "1.9+pt215cu130": "sm_120",
    }.items():
        server.add(wheel(tmp_path / "wheels", version, code), "pypi")
    ran = build(server, environment)
    assert ran.exit_code == 0, ran.stdout
    data = ran.envelope["data"]
    assert (data["origin"], data["installed"], data["toolkit"]) == ("prebuilt", True, None)
    assert Path(data["wheel"]).name == f"fast_knn-2.0+pt215cu130-{PYTHON}-{PYTHON}-linux_x86_64.whl"
    assert (site_packages_of(environment) / "fast_knn" / "kernels.so").is_file()


def test_a_package_that_nobody_compiles_and_that_has_no_wheel_for_the_gpu_is_refused(
    server: IndexServer, environment: Path, tmp_path: Path
) -> None:
    server.add(wheel(tmp_path / "wheels", "2.1+pt215cu130", "sm_80 sm_90"), "pypi")
    ran = build(server, environment)
    assert [error["code"] for error in ran.envelope["errors"]] == ["nothing-to-build"]
    assert not (site_packages_of(environment) / "fast_knn").exists()


def test_a_wheel_that_does_not_import_leaves_what_was_there(
    server: IndexServer, environment: Path, tmp_path: Path
) -> None:
    server.add(wheel(tmp_path / "wheels", "1.9+pt215cu130", "sm_120"), "pypi")
    assert build(server, environment).exit_code == 0
    server.add(wheel(tmp_path / "wheels", "2.0+pt215cu130", "sm_120", fails="undefined symbol"), "pypi")
    ran = build(server, environment)
    assert (ran.exit_code, ran.envelope["status"]) == (3, "rolled-back")
    assert [error["code"] for error in ran.envelope["errors"]] == ["built-does-not-import"]
    assert "undefined symbol" in ran.envelope["errors"][0]["message"]
    (found,) = site_packages_of(environment).glob("fast_knn-*.dist-info")
    assert found.name == "fast_knn-1.9+pt215cu130.dist-info"
    assert (site_packages_of(environment) / "fast_knn" / "__init__.py").read_text() == ""


def test_a_wheel_that_asks_for_a_driver_on_import_is_installed_and_that_is_said(
    server: IndexServer, environment: Path, tmp_path: Path
) -> None:
    fails = "libcuda.so.1: cannot open shared object file: No such file or directory"
    server.add(wheel(tmp_path / "wheels", "1.9+pt215cu130", "sm_120", fails=fails), "pypi")
    ran = build(server, environment)
    assert (ran.exit_code, ran.envelope["data"]["installed"]) == (0, True), ran.stdout
    (told,) = [one for one in ran.envelope["data"]["warnings"] if one["code"] == "import-needs-driver"]
    assert told == {
        "code": "import-needs-driver",
        "message": "it could not be imported on this machine, which has no NVIDIA driver"
        f" (import fast_knn: ImportError: {fails})",
        "hints": [],
    }
