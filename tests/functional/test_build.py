"""`gpuenv build` as a command: a real nvcc, a real wheel, and the proof by its own code."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from support.command import gpuenv
from support.fake_torch import add_distribution, site_packages_of

BACKEND = '''
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
KERNEL = 'extern "C" __global__ void twice(float *x) { x[threadIdx.x] *= 2.0f; }\n'


@pytest.fixture
def here(tmp_path: Path) -> dict[str, str]:
    """A machine that has no toolkit but the one in the usual place, and a cache of its own."""
    return {"CUDA_HOME": "", "CUDA_PATH": "", "GPUENV_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "kernel", wanted='os.environ["TORCH_CUDA_ARCH_LIST"]')


def write_source(folder: Path, *, wanted: str) -> Path:
    folder.mkdir(parents=True)
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


def test_a_wheel_is_built_for_the_target_proved_and_installed(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    _needs_nvcc()
    target = ("--target", "rtx-5090,rtx-3060")
    ran = gpuenv("build", str(source), *target, "--venv", str(environment), "--json", cwd=tmp_path, environ=here)
    assert ran.exit_code == 0, ran.stdout
    data = ran.envelope["data"]
    assert data["wheel"] == str(tmp_path / "dist" / "kernel-1.0-py3-none-any.whl")
    assert Path(data["wheel"]).is_file()
    assert (data["origin"], data["installed"], data["toolkit"]) == ("built", True, "13.0")
    assert data["variables"]["TORCH_CUDA_ARCH_LIST"] == "8.6;12.0"
    (library,) = data["files"]
    assert (library["sass"], library["ptx"]) == (["sm_86", "sm_120"], [])
    assert [(verdict["gpu"], verdict["kind"]) for verdict in library["verdicts"]] == [
        ("NVIDIA GeForce RTX 5090", "sass"),
        ("NVIDIA GeForce RTX 3060", "sass"),
    ]
    installed = site_packages_of(environment) / "kernel" / "kernel.so"
    assert installed.is_file()
    assert Path(data["log"]).read_text().endswith("Successfully built kernel\n")
    assert gpuenv("undo", "--venv", str(environment), cwd=tmp_path, environ=here).exit_code == 0
    assert not installed.exists()


def test_a_second_run_takes_what_was_built_unless_it_is_told_otherwise(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    _needs_nvcc()
    arguments = ("--target", "sm_120", "--venv", str(environment), "--json", "--no-install")
    origins = []
    for place, more in ((source, ()), (source, ()), (source, ("--ptx",)), (source, ("--from-source",))):
        ran = gpuenv("build", str(place), *arguments, *more, cwd=tmp_path, environ=here)
        assert ran.exit_code == 0, ran.stdout
        (library,) = ran.envelope["data"]["files"]
        origins.append((ran.envelope["data"]["origin"], tuple(library["ptx"])))
    assert origins == [("built", ()), ("kept", ()), ("built", ("compute_120",)), ("built", ())]
    elsewhere = write_source(tmp_path / "research" / "kernel", wanted='os.environ["TORCH_CUDA_ARCH_LIST"]')
    ran = gpuenv("build", str(elsewhere), *arguments, cwd=tmp_path, environ=here)
    assert ran.envelope["data"]["origin"] == "kept"
    assert not (site_packages_of(environment) / "kernel").exists()


def test_an_sdist_a_repository_and_a_requirement_are_built(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    _needs_nvcc()
    sdist = tmp_path / "links" / "kernel-1.0.tar.gz"
    sdist.parent.mkdir()
    with tarfile.open(sdist, "w:gz") as packed:
        packed.add(source, "kernel-1.0")
        info = tarfile.TarInfo("kernel-1.0/PKG-INFO")
        stated = b"Metadata-Version: 2.1\nName: kernel\nVersion: 1.0\n"
        info.size = len(stated)
        packed.addfile(info, io.BytesIO(stated))
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for command in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "-m", "first")):
        subprocess.run(["git", *command], cwd=source, check=True)
    for tool in ("setuptools", "wheel", "ninja", "packaging"):  # so that none has to be fetched
        add_distribution(environment, tool, "80.9.0")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(sdist.parent), "PIP_EXTRA_INDEX_URL": ""}
    for text in (str(sdist), f"kernel @ git+{source.as_uri()}@HEAD", "kernel==1.0"):
        ran = gpuenv(
            *("build", text, "--target", "sm_120", "--venv", str(environment), "--json", "--from-source"),
            cwd=tmp_path,
            environ={**here, **offline},
        )
        assert ran.exit_code == 0, ran.stdout
        assert ran.envelope["data"]["files"][0]["sass"] == ["sm_120"]


def test_several_sources_are_built_in_turn_until_one_fails(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    _needs_nvcc()
    stubborn = write_source(tmp_path / "stubborn", wanted='"8.6"')
    arguments = ("--target", "rtx-5090", "--venv", str(environment), "--json")
    ran = gpuenv("build", str(source), str(stubborn), str(source), *arguments, cwd=tmp_path, environ=here)
    assert [(found["source"], found["installed"]) for found in ran.envelope["data"]["builds"]] == [
        (str(source), True),
        (str(stubborn), False),
    ]
    assert ran.exit_code == 3


def test_a_build_that_ignores_the_target_is_found_out(environment: Path, tmp_path: Path, here: dict[str, str]) -> None:
    _needs_nvcc()
    source = write_source(tmp_path / "stubborn", wanted='"8.6"')
    arguments = ("build", str(source), "--target", "rtx-5090", "--venv", str(environment), "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ=here)
    (error,) = ran.envelope["errors"]
    assert (ran.exit_code, ran.envelope["status"], error["code"]) == (3, "failed", "extension-lacks-architecture")
    assert "NVIDIA GeForce RTX 5090" in error["message"]
    assert "sm_86" in error["message"]
    assert not (site_packages_of(environment) / "kernel").exists()
    assert not (tmp_path / "cache" / "built").exists()


def test_a_build_that_fails_shows_its_last_lines_keeps_its_log_and_is_diagnosed(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    _needs_nvcc()
    (source / "kernel.cu").write_text(
        "#error: nvcc fatal   : Unsupported gpu architecture 'compute_120'\nthis is no kernel\n"
    )
    arguments = ("build", str(source), "--target", "sm_120", "--venv", str(environment), "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ=here)
    error, cause = ran.envelope["errors"]
    data = ran.envelope["data"]
    assert (ran.exit_code, error["code"], cause["code"]) == (1, "build-failed", data["primary"]["code"])
    assert "Unsupported gpu architecture" in Path(data["log"]).read_text()
    assert error["hints"] == [f"gpuenv diagnose --log {data['log']}"]
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(
    ("cuda", "target", "code"),
    [
        ("None", "sm_120", "build-needs-cuda-torch"),
        ("'13.0'", "gtx-1080-ti", "toolkit-lacks-architecture"),
        ("'13.0'", "cpu", "build-needs-gpu"),
    ],
)
def test_what_cannot_be_built_is_refused_before_anything_is_compiled(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str], cuda: str, target: str, code: str
) -> None:
    _needs_nvcc()
    state_cuda(environment, cuda)
    arguments = ("build", str(source), "--target", target, "--venv", str(environment), "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ=here)
    assert [error["code"] for error in ran.envelope["errors"]] == [code]
    assert ran.exit_code == (2 if code == "build-needs-gpu" else 1)
    assert not (source / "kernel.so").exists()


def test_cuda_12_without_a_toolkit_is_a_conflict_with_both_ways_out(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    _needs_nvcc()
    state_cuda(environment, "'12.8'")
    arguments = ("build", str(source), "--target", "rtx-5090", "--venv", str(environment), "--json")
    ran = gpuenv(*arguments, "--driver", "580.95.05", cwd=tmp_path, environ=here)
    conflict = ran.envelope["data"]["conflict"]
    assert (ran.exit_code, ran.envelope["status"], conflict["code"]) == (1, "conflict", "no-compiler-for-cuda12")
    assert [cause["code"] for cause in conflict["causes"]] == ["install-cuda-toolkit", "take-cuda-13-torch"]
    assert any(hint.startswith("gpuenv install --venv") and "+cu13" in hint for hint in conflict["hints"])
    ran = gpuenv(*arguments, "--driver", "570.86.15", cwd=tmp_path, environ=here)
    causes = ran.envelope["data"]["conflict"]["causes"]
    assert [cause["code"] for cause in causes] == ["install-cuda-toolkit"]


def test_a_machine_without_a_c_compiler_is_refused(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    _needs_nvcc()
    arguments = ("build", str(source), "--target", "sm_120", "--venv", str(environment), "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ={**here, "PATH": str(tmp_path)})
    assert [error["code"] for error in ran.envelope["errors"]] == ["no-host-compiler"]


@pytest.mark.parametrize(("text", "code"), [("empty", "not-a-source-tree"), ("./gone", "source-not-understood")])
def test_other_sources_are_refused_by_name(
    environment: Path, tmp_path: Path, here: dict[str, str], text: str, code: str
) -> None:
    _needs_nvcc()
    (tmp_path / "empty").mkdir()
    ran = gpuenv("build", text, "--target", "sm_120", "--venv", str(environment), "--json", cwd=tmp_path, environ=here)
    assert [error["code"] for error in ran.envelope["errors"]] == [code]


def test_the_script_that_builds_torch_is_written_for_the_target(tmp_path: Path, here: dict[str, str]) -> None:
    target = ("--target", "rtx-5090", "--driver", "580.95.05", "--platform", "linux-x86_64", "--python", "3.12")
    ran = gpuenv("build", "torch==2.9.1", "--print", *target, cwd=tmp_path, environ=here)
    assert ran.exit_code == 0
    assert ran.stdout.startswith("#!/usr/bin/env bash\n")
    assert 'export TORCH_CUDA_ARCH_LIST="12.0"' in ran.stdout
    assert 'CUDA="13.0"' in ran.stdout
    ran = gpuenv("build", "torch", "--print", *target, "--json", cwd=tmp_path, environ=here)
    assert ([error["code"] for error in ran.envelope["errors"]], ran.exit_code) == (["print-is-for-torch"], 2)
