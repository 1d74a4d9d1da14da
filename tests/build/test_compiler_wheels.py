"""The compiler wheels: which set serves a torch, and what its folder needs to be a toolkit."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gpuenv.build.compiler_wheels import choose_compiler, compiler_folder, wheel_toolkit
from gpuenv.build.toolkit import Toolkit
from gpuenv.errors import GpuenvError
from gpuenv.models.cuda import CudaVersion
from support.machines import matrix


@pytest.mark.parametrize(
    ("torch_cuda", "chosen"), [("13.2", "13.2"), ("13.0", "13.0"), ("13.1", "13.0"), ("13.9", "13.2"), ("12.8", None)]
)
def test_the_set_of_torchs_own_version_is_taken_else_the_nearest_of_its_major(
    torch_cuda: str, chosen: str | None
) -> None:
    found = choose_compiler(matrix().compilers, CudaVersion.parse(torch_cuda))
    assert (str(found.cuda) if found else None) == chosen


def test_every_wheel_of_the_sets_is_pinned_and_the_compiler_is_of_one_release() -> None:
    for row in matrix().compilers:
        versions = {pin.name: str(pin.specifier) for pin in row.pins}
        of_compiler = {versions[f"nvidia-{part}"] for part in ("cuda-nvcc", "cuda-crt", "nvvm")}
        assert len(of_compiler) == 1
        assert all(text.startswith(f"=={row.cuda}.") for text in of_compiler)


def test_another_set_is_another_folder(tmp_path: Path) -> None:
    first = matrix().compilers[0]
    other = replace(first, pins=(*first.pins[1:], Requirement("nvidia-nvvm==13.0.1")))
    assert compiler_folder(tmp_path, first) != compiler_folder(tmp_path, other)
    assert compiler_folder(tmp_path, first).parent == tmp_path / "compilers"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows links libraries by another name")
def test_libraries_get_the_name_that_linkers_look_for(tmp_path: Path) -> None:
    compiler = matrix().compilers[-1]
    root = tmp_path / "nvidia" / "cu13"
    for name in ("bin/nvcc", "lib/libcudart.so.13", "lib/libcublas.so.13", "lib/libcudart_static.a"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    expected = Toolkit(root=root, nvcc=root / "bin" / "nvcc", version=compiler.cuda)
    assert wheel_toolkit(tmp_path, compiler) == expected
    assert (root / "lib" / "libcudart.so").readlink() == Path("libcudart.so.13")
    assert (root / "lib" / "libcublas.so").exists()
    assert wheel_toolkit(tmp_path, compiler) == expected  # a second time: the links are there


def test_wheels_without_a_compiler_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GpuenvError) as refused:
        wheel_toolkit(tmp_path, matrix().compilers[-1])
    assert refused.value.code == "compiler-wheels-incomplete"
