from __future__ import annotations

import os
from pathlib import Path

import pytest

from gpuenv.detect.details.cudnn import parse_cudnn_header, parse_cudnn_name, read_cudnn
from gpuenv.detect.details.shadowing import find_shadowing
from gpuenv.models.hardware import CudaToolkit, CudnnLibrary, ShadowingFolder
from support.machine_roots import write

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a Linux machine is described")

HEADER = (Path(__file__).parents[2] / "data" / "detect" / "cudnn" / "cudnn_version.txt").read_text(encoding="utf-8")


def add_library(folder: Path, name: str) -> Path:
    """Put a library there as packages do: the file under its whole version, a link under its major."""
    write(folder / name, "")
    stem, _, version = name.partition(".so.")
    if "." in version:
        (folder / f"{stem}.so.{version.partition('.')[0]}").symlink_to(name)
    return folder / name


def test_the_header_tells_the_version() -> None:
    assert parse_cudnn_header(HEADER) == "9.10.2"
    assert parse_cudnn_header("#define CUDNN_MAJOR 9\n") is None


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("libcudnn.so.9.10.2", "9.10.2"),
        ("libcudnn.so.8", "8"),
        ("cudnn64_9.dll", "9"),
        ("libcudnn_ops.so.9", None),
    ],
)
def test_the_file_tells_as_much_as_its_name_does(name: str, version: str | None) -> None:
    assert parse_cudnn_name(name) == version


def test_libraries_come_in_the_order_of_the_loader(tmp_path: Path) -> None:
    stated = add_library(tmp_path / "stated", "libcudnn.so.8.9.7")
    own = add_library(tmp_path / "cuda/lib64", "libcudnn.so.9.1.0")
    system = add_library(tmp_path / "usr/lib/x86_64-linux-gnu", "libcudnn.so.9.10.2")
    toolkit = CudaToolkit(root=str(tmp_path / "cuda"), version=None)
    assert read_cudnn({"LD_LIBRARY_PATH": str(tmp_path / "stated")}, [toolkit], root=tmp_path) == (
        CudnnLibrary(path=str(stated), version="8.9.7"),
        CudnnLibrary(path=str(own), version="9.1.0"),
        CudnnLibrary(path=str(system), version="9.10.2"),
    )


@pytest.mark.parametrize("header", ["usr/include/cudnn_version.h", "usr/include/x86_64-linux-gnu/cudnn_version.h"])
def test_the_header_beside_a_library_completes_its_version(tmp_path: Path, header: str) -> None:
    library = add_library(tmp_path / "usr/lib/x86_64-linux-gnu", "libcudnn.so.9")
    write(tmp_path / header, HEADER)
    assert read_cudnn({}, (), root=tmp_path) == (CudnnLibrary(path=str(library), version="9.10.2"),)


def test_a_header_of_another_major_says_nothing(tmp_path: Path) -> None:
    library = add_library(tmp_path / "usr/lib/x86_64-linux-gnu", "libcudnn.so.8")
    write(tmp_path / "usr/include/cudnn_version.h", HEADER)
    assert read_cudnn({}, (), root=tmp_path) == (CudnnLibrary(path=str(library), version="8"),)


class TestShadowing:
    @pytest.fixture
    def cuda_11(self, tmp_path: Path) -> Path:
        folder = tmp_path / "cuda-11.8/lib64"
        for name in ("libcublas.so.11.11.3.6", "libcudnn.so.9.1.0"):
            add_library(folder, name)
        for name in ("libcudart.so.11.0", "libcuda.so.1", "libz.so.1"):
            write(folder / name, "")
        return folder

    def test_every_cuda_library_counts_where_nothing_is_known_of_wheels(self, cuda_11: Path) -> None:
        environ = {"LD_LIBRARY_PATH": f"/nowhere:{cuda_11}:"}
        expected = ShadowingFolder(
            path=str(cuda_11), libraries=("libcublas.so.11", "libcudart.so.11.0", "libcudnn.so.9")
        )
        assert find_shadowing(environ, site_packages=None) == (expected,)

    def test_beside_wheels_only_libraries_of_the_same_name_are_in_their_way(
        self, cuda_11: Path, tmp_path: Path
    ) -> None:
        site = tmp_path / "site-packages"
        write(site / "nvidia/cudnn/lib/libcudnn.so.9", "")
        write(site / "nvidia/cublas/lib/libcublas.so.12", "")
        found = find_shadowing({"LD_LIBRARY_PATH": str(cuda_11)}, site_packages=site)
        assert found == (ShadowingFolder(path=str(cuda_11), libraries=("libcudnn.so.9",)),)

    def test_libraries_of_another_major_are_in_nobodys_way(self, cuda_11: Path, tmp_path: Path) -> None:
        site = tmp_path / "site-packages"
        write(site / "nvidia/cu13/lib/libcublas.so.13", "")
        assert find_shadowing({"LD_LIBRARY_PATH": str(cuda_11)}, site_packages=site) == ()

    def test_without_the_variable_nothing_shadows(self) -> None:
        assert find_shadowing({}, site_packages=None) == ()
