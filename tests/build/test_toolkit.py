"""Toolkits: where nvcc is looked for, what it says, and for what it can build."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gpuenv.build.toolkit import Toolkit, find_toolkit, parse_nvcc_version, toolkit_faults
from gpuenv.errors import GpuenvError
from gpuenv.models.cuda import ComputeCapability, CudaVersion
from gpuenv.models.notice import Notice
from support.checkout import write_program
from support.machines import matrix

DATA = Path(__file__).parents[1] / "data" / "build"

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for nvcc is a shell script")


def toolkit(version: str) -> Toolkit:
    return Toolkit(root=Path("/cuda"), nvcc=Path("/cuda/bin/nvcc"), version=CudaVersion.parse(version))


def nvcc(root: Path, release: str) -> Path:
    write_program(root / "bin" / "nvcc", f'echo "Cuda compilation tools, release {release}, V{release}.88"')
    (root / "include").mkdir()
    (root / "include" / "cuda.h").touch()
    return root


def test_the_version_is_read_from_what_nvcc_prints() -> None:
    assert parse_nvcc_version((DATA / "nvcc-13.0.txt").read_text()) == CudaVersion(major=13, minor=0)
    assert parse_nvcc_version("nvcc fatal : no such option") is None


@posix
def test_cuda_home_is_asked_before_cuda_path_and_the_path(tmp_path: Path) -> None:
    roots = {name: nvcc(tmp_path / name, f"12.{number}") for number, name in enumerate(("home", "path", "bin"))}
    environ = {
        "CUDA_HOME": str(roots["home"]),
        "CUDA_PATH": str(roots["path"]),
        "PATH": f"{roots['bin']}/bin:/usr/bin:/bin",
    }
    for name, minor in (("CUDA_HOME", 0), ("CUDA_PATH", 1), ("PATH", 2)):
        found = find_toolkit(environ)
        assert found.version == CudaVersion(major=12, minor=minor)
        assert (found.root, found.nvcc) == (tmp_path / ("home", "path", "bin")[minor], found.root / "bin" / "nvcc")
        del environ[name]
        environ.setdefault("PATH", "/usr/bin:/bin")


@posix
def test_an_nvcc_that_is_a_link_leads_to_its_toolkit(tmp_path: Path) -> None:
    root = nvcc(tmp_path / "cuda", "12.8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "nvcc").symlink_to(root / "bin" / "nvcc")
    assert find_toolkit({"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}).root == root


@posix
@pytest.mark.parametrize("program", ["exit 1", "echo hello"])
def test_an_nvcc_that_does_not_tell_its_version_is_named(tmp_path: Path, program: str) -> None:
    write_program(tmp_path / "bin" / "nvcc", program)
    with pytest.raises(GpuenvError) as refused:
        find_toolkit({"CUDA_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert (refused.value.code, refused.value.context["nvcc"]) == ("nvcc-fails", str(tmp_path / "bin" / "nvcc"))


@posix
def test_the_usual_folder_comes_last(tmp_path: Path) -> None:
    usual = nvcc(tmp_path / "usual", "13.0")
    environ = {"PATH": "/nowhere"}
    assert (
        find_toolkit({**environ, "CUDA_PATH": str(nvcc(tmp_path / "other", "12.8"))}, usual=usual).version.major == 12
    )
    assert find_toolkit({**environ, "CUDA_PATH": str(tmp_path / "gone")}, usual=usual).root == usual


@posix
def test_a_machine_without_a_toolkit_is_told_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(GpuenvError) as refused:
        find_toolkit({"CUDA_HOME": "/home/cuda", "PATH": "/nowhere"}, usual=tmp_path)
    assert (refused.value.code, refused.value.context) == (
        "no-cuda-toolkit",
        {"places": ("/home/cuda/bin/nvcc", str(tmp_path / "bin" / "nvcc"))},
    )


@pytest.mark.parametrize(
    ("version", "torch_cuda", "architecture", "faults"),
    [
        ("13.0", "13.2", "sm_120", ()),
        ("12.8", "12.6", "sm_120", ()),
        (
            "12.6",
            "12.6",
            "sm_120",
            (Notice.of("toolkit-lacks-architecture", toolkit="12.6", architecture="sm_120", needed=">= 12.8"),),
        ),
        (
            "13.0",
            "13.0",
            "sm_61",
            (Notice.of("toolkit-lacks-architecture", toolkit="13.0", architecture="sm_61", needed="<= 12.9"),),
        ),
        (
            "12.8",
            "13.0",
            "sm_120",
            (
                Notice.of(
                    "toolkit-does-not-fit-torch",
                    nvcc=str(Path("/cuda/bin/nvcc")),
                    toolkit="12.8",
                    torch_cuda="13.0",
                ),
            ),
        ),
        ("13.0", "13.0", "sm_199", ()),
    ],
)
def test_a_toolkit_builds_for_a_torch_of_its_major_version_and_for_gpus_of_its_time(
    version: str, torch_cuda: str, architecture: str, faults: tuple[Notice, ...]
) -> None:
    capability = ComputeCapability.parse(architecture)
    rows = [(capability, matrix().architecture(capability))]
    assert toolkit_faults(toolkit(version), torch_cuda=CudaVersion.parse(torch_cuda), rows=rows) == faults
