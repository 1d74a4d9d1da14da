"""What `gpuenv build` refuses, and what it says of a wheel that is none for the GPU."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from support.fake_torch import add_distribution, site_packages_of
from support.in_process import gpuenv_here as gpuenv
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


@pytest.mark.usefixtures("source")
def test_offline_a_repository_elsewhere_is_not_asked_for(tmp_path: Path) -> None:
    needs_nvcc()
    ran = build(tmp_path, "git+http://127.0.0.1:9/fast/kernel", "--target", "rtx-5090", "--offline")
    assert ran.envelope["errors"] == [
        {
            "code": "source-needs-network",
            "message": "kernel is compiled from http://127.0.0.1:9/fast/kernel, which is not on this machine, and"
            " --offline was asked for",
            "hints": ["gpuenv build git+http://127.0.0.1:9/fast/kernel --target rtx-5090 --venv env --json"],
        }
    ]
    assert ran.exit_code == 1


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="there is a GPU here")
def test_without_a_gpu_here_the_command_is_said_again_with_one(source: Path, tmp_path: Path) -> None:
    ran = build(tmp_path, str(source), "--no-install")
    conflict = ran.envelope["data"]["conflict"]
    again = f"gpuenv build {source} --no-install --venv env --json --target rtx-5090"
    assert (ran.exit_code, conflict["code"], conflict["hints"]) == (1, "no-gpu-to-build-for", [again])


@pytest.mark.usefixtures("source")
def test_a_wheel_that_was_only_made_is_installed_by_the_same_command(tmp_path: Path) -> None:
    needs_nvcc()
    environ = {"CUDA_HOME": "", "CUDA_PATH": "", "GPUENV_CACHE_DIR": str(tmp_path / "cache")}
    typed = ("build", "kernel", "--target", "rtx-5090", "--venv", "env")
    made = gpuenv(*typed, "--no-install", cwd=tmp_path, environ=environ)
    command = "gpuenv build kernel --target rtx-5090 --venv env"
    assert made.stdout.splitlines()[-1].endswith(f".whl; `{command}` installs it")
    assert gpuenv(*command.split()[1:], cwd=tmp_path, environ=environ).exit_code == 0
    assert (site_packages_of(tmp_path / "env") / "kernel").exists()


@pytest.mark.usefixtures("source")
def test_a_place_that_takes_no_wheel_is_refused_before_anything_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "dist").write_text("no folder\n")
    environ = {"HOME": str(tmp_path / "home"), "USERPROFILE": str(tmp_path / "home"), "CUDA_HOME": "/nowhere"}
    ran = gpuenv("build", "kernel", "--target", "rtx-5090", "--venv", "env", "--json", cwd=tmp_path, environ=environ)
    (told,) = ran.envelope["errors"]
    other = tmp_path / "home" / "wheels"
    assert told == {
        "code": "wheel-not-writable",
        "message": f"the wheel cannot be put into {tmp_path / 'dist'}: File exists",
        "hints": [f"gpuenv build kernel --target rtx-5090 --venv env --json -o {other}"],
    }
    assert ran.exit_code == 1


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


def test_a_machine_without_a_gpu_is_told_to_name_the_one_to_build_for(tmp_path: Path) -> None:
    ran = gpuenv("build", "torch==2.9.1", "--print", "--json", cwd=tmp_path, environ={"GPUENV_GPUS": "none"})
    hint = "gpuenv build torch==2.9.1 --print --json --target rtx-5090"
    assert (ran.exit_code, ran.envelope["status"]) == (1, "conflict")
    assert ran.envelope["data"]["conflict"] == {
        "code": "no-gpu-to-build-for",
        "message": "this machine has no NVIDIA GPU to build for",
        "causes": [
            {
                "code": "name-gpu-to-build-for",
                "message": "name the GPU that it is for, here an RTX 5090",
                "hints": [hint],
                "would_give": None,
            }
        ],
        "hints": [hint],
        "subsets": [],
    }
    assert gpuenv(*hint.split()[1:], cwd=tmp_path).exit_code == 0
