"""An installed torch that no matrix knows (a nightly, a company's build) is judged by its own libraries."""

from __future__ import annotations

import venv
from typing import TYPE_CHECKING, Any

import pytest

from support.command import gpuenv
from support.fake_torch import site_packages_of
from support.fatbin import containers, elf

if TYPE_CHECKING:
    from pathlib import Path

NIGHTLY = "2.10.0.dev20251210+cu128"
MACHINE = ("--driver", "580.95.05", "--platform", "linux-x86_64")


def add(root: Path, name: str, version: str, *requires: str) -> None:
    """Let an environment hold a distribution with requirements."""
    folder = site_packages_of(root) / f"{name}-{version}.dist-info"
    folder.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {text}" for text in requires]
    (folder / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "RECORD").write_text("", encoding="utf-8")
    (folder / "INSTALLER").write_text("uv\n", encoding="utf-8")


def make(root: Path, version: str, code: str | None, *, cuda: str = "'12.8'") -> Path:
    """Make an environment with a torch whose main library holds that GPU code; None: it has no such library."""
    venv.EnvBuilder(symlinks=True, with_pip=False).create(root)
    add(root, "torch", version)
    package = site_packages_of(root) / "torch"
    (package / "lib").mkdir(parents=True)
    (package / "version.py").write_text(f"cuda: Optional[str] = {cuda}\nhip: Optional[str] = None\n", encoding="utf-8")
    if code is not None:
        image = elf((".nv_fatbin", containers(code, times=30)))
        (package / "lib" / "libtorch_cuda.so").write_bytes(image)
    return root


def plan(root: Path, gpu: str, *asked: str) -> dict[str, Any]:
    folders = {"GPUENV_DATA_DIR": str(root.parent / "data"), "GPUENV_CACHE_DIR": str(root.parent / "cache")}
    ran = gpuenv(
        *("plan", *asked, "--offline", "--json", "--venv", str(root), "--target", gpu, *MACHINE),
        cwd=root.parent,
        environ=folders,
    )
    data: dict[str, Any] = ran.envelope["data"]
    return data


def torch_of(data: dict[str, Any]) -> tuple[str, str, list[str]]:
    chosen = data["resolution"]
    return chosen["torch"]["local"], chosen["torch"]["evidence"], chosen["kept"]


@pytest.mark.parametrize("version", [NIGHTLY, "2.15.0+acme1", "2.9.0a0+git1a2b3c4"])
def test_a_build_that_nobody_knows_stays_if_its_libraries_have_code_for_the_gpu(version: str, tmp_path: Path) -> None:
    data = plan(make(tmp_path / "env", version, "sm_80 sm_120"), "rtx-5090")
    assert torch_of(data) == (version, "binary", ["torch"])
    assert data["resolution"]["coverage"] == [{"gpu": "NVIDIA GeForce RTX 5090", "kind": "sass", "via": "sm_120"}]
    assert [step["action"] for step in data["steps"]] == ["keep"]
    again = plan(tmp_path / "env", "rtx-5090")
    assert torch_of(again) == (version, "binary", ["torch"])


def test_it_is_replaced_where_it_has_no_code_for_the_gpu_by_the_release_that_came_of_it(tmp_path: Path) -> None:
    root = make(tmp_path / "env", NIGHTLY, "sm_80 sm_90")
    assert torch_of(plan(root, "rtx-5090"))[0] == "2.10.0+cu128"
    assert torch_of(plan(root, "gtx-1080"))[0] == "2.10.0+cu126"


def test_it_is_replaced_where_the_request_excludes_it(tmp_path: Path) -> None:
    root = make(tmp_path / "env", NIGHTLY, "sm_80 sm_120")
    assert torch_of(plan(root, "rtx-5090", "torch<2.10"))[0] == "2.9.1+cu128"
    assert torch_of(plan(root, "rtx-5090", f"torch=={NIGHTLY}")) == (NIGHTLY, "binary", ["torch"])


def test_a_companion_of_the_same_night_stays_by_what_it_requires_itself(tmp_path: Path) -> None:
    root = make(tmp_path / "env", NIGHTLY, "sm_80 sm_120")
    add(root, "torchvision", "0.25.0.dev20251210+cu128", "torch==2.10.0.dev20251210", "numpy")
    data = plan(root, "rtx-5090", "torch", "torchvision")
    assert data["resolution"]["kept"] == ["torch", "torchvision"]
    assert data["resolution"]["torchvision"]["local"] == "0.25.0.dev20251210+cu128"


def test_where_it_cannot_be_judged_that_is_said_and_it_is_replaced(tmp_path: Path) -> None:
    data = plan(make(tmp_path / "env", "2.15.0+acme1", None), "rtx-5090")
    codes = {warning["code"]: warning["message"] for warning in data["warnings"]}
    assert "no-cuda-library" in codes["installed-build-not-judged"]
    assert torch_of(data)[0] == "2.15.0+cu130"
    broken = make(tmp_path / "broken", "2.15.0+acme1", "sm_120")
    (site_packages_of(broken) / "torch" / "lib" / "libtorch_cuda.so").write_bytes(b"not a library")
    codes = {warning["code"]: warning["message"] for warning in plan(broken, "rtx-5090")["warnings"]}
    assert "binary-format-unknown" in codes["installed-build-not-judged"]


def test_a_cpu_build_with_a_label_of_its_own_is_no_build_for_a_gpu(tmp_path: Path) -> None:
    data = plan(make(tmp_path / "env", "2.15.0+acme1", None, cuda="None"), "rtx-5090")
    assert torch_of(data)[0] == "2.15.0+cu130"
    assert "installed-build-not-judged" not in {warning["code"] for warning in data["warnings"]}
