"""`gpuenv build` as a command: a real nvcc, a real wheel, and the proof by its own code."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from support.fake_torch import add_distribution, site_packages_of
from support.in_process import gpuenv_here as gpuenv
from support.kernel_source import make_environment, needs_nvcc, state_cuda, write_source


@pytest.fixture
def here(tmp_path: Path) -> dict[str, str]:
    """A machine that has no toolkit but the one in the usual place, and a cache of its own."""
    return {"CUDA_HOME": "", "CUDA_PATH": "", "GPUENV_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "kernel", wanted='os.environ["TORCH_CUDA_ARCH_LIST"]')


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    return make_environment(tmp_path / "env")


def test_a_wheel_is_built_for_the_target_proved_and_installed(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    needs_nvcc()
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
    needs_nvcc()
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
    needs_nvcc()
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
    needs_nvcc()
    stubborn = write_source(tmp_path / "stubborn", wanted='"8.6"')
    arguments = ("--target", "rtx-5090", "--venv", str(environment), "--json")
    ran = gpuenv("build", str(source), str(stubborn), str(source), *arguments, cwd=tmp_path, environ=here)
    assert [(found["source"], found["installed"]) for found in ran.envelope["data"]["builds"]] == [
        (str(source), True),
        (str(stubborn), False),
    ]
    assert ran.exit_code == 3


def test_a_build_that_ignores_the_target_is_found_out(environment: Path, tmp_path: Path, here: dict[str, str]) -> None:
    needs_nvcc()
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
    needs_nvcc()
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
        ("'13.0'", "gtx-1080-ti", "torch-cuda-lacks-architecture"),
        ("'13.0'", "cpu", "build-needs-gpu"),
    ],
)
def test_what_cannot_be_built_is_refused_before_anything_is_compiled(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str], cuda: str, target: str, code: str
) -> None:
    needs_nvcc()
    state_cuda(environment, cuda)
    arguments = ("build", str(source), "--target", target, "--venv", str(environment), "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ=here)
    assert [error["code"] for error in ran.envelope["errors"]] == [code]
    assert ran.exit_code == (2 if code == "build-needs-gpu" else 1)
    assert not (source / "kernel.so").exists()


def test_a_gpu_that_torchs_own_cuda_leaves_out_takes_another_torch(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    state_cuda(environment, "'13.0'")
    arguments = ("build", str(source), "--target", "gtx-1080-ti", "--venv", str(environment), "--json")
    (error,) = gpuenv(*arguments, cwd=tmp_path, environ=here).envelope["errors"]
    assert error["hints"] == [f"gpuenv install --venv {environment} --target gtx-1080-ti torch"]
    assert "CUDA 13.0, which does not compile for sm_61: that takes CUDA <= 12.9" in error["message"]


def test_cuda_12_without_a_toolkit_is_a_conflict_with_both_ways_out(
    source: Path, environment: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    needs_nvcc()
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
    needs_nvcc()
    arguments = ("build", str(source), "--target", "sm_120", "--venv", str(environment), "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ={**here, "PATH": str(tmp_path)})
    assert [error["code"] for error in ran.envelope["errors"]] == ["no-host-compiler"]


@pytest.mark.parametrize(("text", "code"), [("empty", "not-a-source-tree"), ("./gone", "source-not-understood")])
def test_other_sources_are_refused_by_name(
    environment: Path, tmp_path: Path, here: dict[str, str], text: str, code: str
) -> None:
    needs_nvcc()
    (tmp_path / "empty").mkdir()
    ran = gpuenv("build", text, "--target", "sm_120", "--venv", str(environment), "--json", cwd=tmp_path, environ=here)
    assert [error["code"] for error in ran.envelope["errors"]] == [code]
