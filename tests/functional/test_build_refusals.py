"""What `gpuenv build` refuses, and what it says of a wheel that is none for the GPU."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from support.command import gpuenv
from support.fake_torch import add_distribution, site_packages_of
from support.kernel_source import make_environment, needs_nvcc, write_source

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Ran


@pytest.fixture
def source(tmp_path: Path) -> Path:
    make_environment(tmp_path / "env")
    return write_source(tmp_path / "kernel", wanted='os.environ["TORCH_CUDA_ARCH_LIST"]')


def build(tmp_path: Path, *arguments: str) -> Ran:
    environ = {"CUDA_HOME": "", "CUDA_PATH": "", "GPUENV_CACHE_DIR": str(tmp_path / "cache")}
    return gpuenv("build", *arguments, "--venv", "env", "--json", cwd=tmp_path, environ=environ)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "error"),
    [
        (
            ("app:gaussian-splatting", "--target", "rtx-5090"),
            2,
            {
                "code": "source-is-application",
                "message": "app:gaussian-splatting is an application: `install` brings its packages and builds its"
                " extensions",
                "hints": ["gpuenv install app:gaussian-splatting"],
            },
        ),
        (
            ("kernel", "--target", "rtx-5090", "--platform", "windows-x86_64"),
            2,
            {
                "code": "build-is-for-here",
                "message": "extensions are compiled for the platform they are compiled on: linux-x86_64, not"
                " windows-x86_64",
                "hints": ["gpuenv build kernel --target rtx-5090 --platform linux-x86_64 --venv env --json"],
            },
        ),
        (
            ("kernel", "--target", "rtx-5090", "-o", "kernel/setup.txt"),
            1,
            {
                "code": "wheel-not-writable",
                "message": "the wheel cannot be put into {here}/kernel/setup.txt: File exists",
                "hints": ["gpuenv build kernel --target rtx-5090 -o dist --venv env --json"],
            },
        ),
    ],
    ids=["application", "platform", "output"],
)
def test_each_refusal_names_the_command_that_goes_on(
    source: Path, tmp_path: Path, arguments: tuple[str, ...], exit_code: int, error: dict[str, object]
) -> None:
    needs_nvcc()
    (source / "setup.txt").write_text("no folder\n")
    ran = build(tmp_path, *arguments)
    (told,) = ran.envelope["errors"]
    told["message"] = told["message"].replace(str(tmp_path), "{here}")
    assert (told, ran.exit_code) == (error, exit_code)


def test_an_environment_without_torch_is_told_how_to_get_one_for_the_same_gpu(source: Path, tmp_path: Path) -> None:
    (info,) = site_packages_of(tmp_path / "env").glob("torch-*.dist-info")
    info.rename(info.with_name("other-1.0.dist-info"))
    (info.with_name("other-1.0.dist-info") / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: other\nVersion: 1.0\n"
    )
    ran = build(tmp_path, str(source), "--target", "rtx-5090")
    (told,) = ran.envelope["errors"]
    root = tmp_path / "env"
    assert told == {
        "code": "build-needs-torch",
        "message": f"{root} has no torch, and extensions are built against the one that will load them",
        "hints": [f"gpuenv install --venv {root} --target rtx-5090 torch"],
    }


def test_a_wheel_without_any_gpu_code_is_no_result(source: Path, tmp_path: Path) -> None:
    needs_nvcc()
    backend = source / "backend.py"
    backend.write_text(
        backend.read_text().replace('wheel.write("kernel.so", "kernel/kernel.so")', 'wheel.writestr("kernel.py", "")')
    )
    ran = build(tmp_path, "kernel", "--target", "rtx-5090")
    (told,) = ran.envelope["errors"]
    assert told == {
        "code": "extension-without-gpu-code",
        "message": "kernel-1.0-py3-none-any.whl holds no GPU code at all: its build found no reason to use CUDA",
        "hints": ["gpuenv build kernel --target rtx-5090 --venv env --json -v"],
    }
    assert (ran.exit_code, ran.envelope["status"], ran.envelope["data"]["installed"]) == (3, "failed", False)


def test_what_was_built_before_is_taken_without_what_its_build_needs(source: Path, tmp_path: Path) -> None:
    needs_nvcc()
    settings = source / "pyproject.toml"
    settings.write_text(settings.read_text().replace("requires = []", 'requires = ["a-tool"]'))
    add_distribution(tmp_path / "env", "a-tool", "1.0")
    arguments = ("kernel", "--target", "rtx-5090", "--no-install", "--offline")
    assert build(tmp_path, *arguments).envelope["data"]["origin"] == "built"
    shutil.rmtree(site_packages_of(tmp_path / "env") / "a-tool-1.0.dist-info")
    ran = build(tmp_path, *arguments)
    assert (ran.exit_code, ran.envelope["data"]["origin"], ran.envelope["data"]["log"]) == (0, "kept", None)
    assert build(tmp_path, *arguments, "--from-source").exit_code == 1
