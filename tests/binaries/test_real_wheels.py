"""Released libraries, against NVIDIA's own cuobjdump: downloads gigabytes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from gpuenv.binaries.environment_libraries import native_files
from gpuenv.binaries.library import library_needs, read_code_objects
from gpuenv.binaries.main_set import main_set
from gpuenv.binaries.wheel import read_wheel
from gpuenv.models.binaries import CodeKind

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.binaries import CodeSummary
    from support.cuda_tools import CudaTools

pytestmark = [pytest.mark.slow, pytest.mark.network]

WHEELS = (
    "torch===2.15.0",
    "nvidia-cublas===13.4.1.3",
    "nvidia-cudnn-cu13===9.26.0.51",
    "nvidia-nccl-cu13===2.30.7",
    "onnxruntime-gpu===1.31.1",
    "bitsandbytes===0.50.2",
    "nvidia-cufile===1.17.1.22",
)
UNREADABLE = re.compile(r"libcufile\.so\.0|libbitsandbytes_cuda1[12]\d\.so")
"""cuobjdump 13.5 ends with `Invalid ELF` at these; the loader and readelf do not."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    argv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *WHEELS]
    installed = subprocess.run(argv, check=False, capture_output=True, text=True)
    if installed.returncode != 0:
        pytest.skip(f"the wheels cannot be had: {installed.stderr[-300:]}")
    return folder


def of_containers(summary: CodeSummary) -> Counter[str]:
    """Count as cuobjdump does: what the runtime loads and what is relocatable, family cubins without their `f`."""
    counted: Counter[str] = Counter()
    pairs = [(image, number) for images, number in summary.combinations for image in images]
    pairs += [((kind, architecture), number) for kind, architecture, number in summary.relocatable]
    for (kind, architecture), number in pairs:
        match kind:
            case CodeKind.SASS:
                counted[architecture.sm.rstrip("f")] += number
            case CodeKind.PTX:
                counted[architecture.compute] += number
            case CodeKind.LTO_IR:
                pass
    return counted


def architectures(tools: CudaTools, path: Path) -> set[str]:
    listed = tools.run("cuobjdump", "--list-elf", "--list-ptx", "--all-fatbin", path.name, cwd=path.parent)
    found = re.findall(r"^(ELF|PTX) file .*\.sm_(\d+[af]?)\.(?:cubin|ptx)$", listed, re.MULTILINE)
    return {f"{'sm' if kind == 'ELF' else 'compute'}_{architecture}" for kind, architecture in found}


def test_every_library_holds_what_cuobjdump_finds_in_it(packages: Path, cuda_tools: CudaTools) -> None:
    agreed, differences = 0, {}
    for name in native_files(packages):
        path = packages / name
        summary = read_code_objects(path)
        ours = of_containers(summary)
        if not ours or UNREADABLE.fullmatch(path.name):
            continue
        theirs = architectures(cuda_tools, path)
        agreed += set(ours) == theirs
        if set(ours) != theirs:
            differences[path.name] = (sorted(set(ours) - theirs), sorted(theirs - set(ours)))
    assert differences == {}
    assert agreed >= 15


@pytest.mark.parametrize(
    ("name", "main", "extra"),
    [
        ("torch/lib/libtorch_cuda.so", "75 80 86 90 100 120", "89 90a 100a 103f 120a 121a"),
        ("onnxruntime/capi/libonnxruntime_providers_cuda.so", "75 80 86 89 90a 120a", ""),
        ("bitsandbytes/libbitsandbytes_cuda132.so", "75 80 86 89 90 100 120", ""),
    ],
)
def test_the_main_sets_of_known_builds(packages: Path, name: str, main: str, extra: str) -> None:
    found = main_set(read_code_objects(packages / name))
    assert (" ".join(map(str, found.sass)), " ".join(map(str, found.extra_sass))) == (main, extra)


def test_what_cuobjdump_cannot_open_is_read(packages: Path) -> None:
    (path,) = packages.rglob("libcufile.so.0")
    found = main_set(read_code_objects(path))
    assert [str(architecture) for architecture in found.sass] == ["75", "80", "86", "87", "89", "90"]


def test_a_windows_wheel_is_read(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    argv += ["--platform", "win_amd64", "--python-version", "3.12", "--dest", str(tmp_path), "onnxruntime-gpu===1.31.1"]
    downloaded = subprocess.run(argv, check=False, capture_output=True, text=True)
    if downloaded.returncode != 0:
        pytest.skip(f"the wheel cannot be had: {downloaded.stderr[-300:]}")
    (path,) = tmp_path.glob("*.whl")
    with path.open("rb") as file:
        files = read_wheel(file, path.name)
    (cuda,) = [found.summary for found in files if found.path.endswith("onnxruntime_providers_cuda.dll")]
    assert [str(architecture) for architecture in main_set(cuda).sass] == ["75", "80", "86", "89", "120a"]
    with zipfile.ZipFile(path) as archive:
        dll = archive.read("onnxruntime/capi/onnxruntime_providers_cuda.dll")
    needs = library_needs(dll)
    assert {"cublas64_13.dll", "cublasLt64_13.dll", "MSVCP140.dll", "VCRUNTIME140.dll", "KERNEL32.dll"} <= set(
        needs.libraries
    )
    objdump = shutil.which("objdump")
    if objdump is not None:
        (tmp_path / "cuda.dll").write_bytes(dll)
        listed = subprocess.run([objdump, "-p", "cuda.dll"], cwd=tmp_path, check=True, capture_output=True, text=True)
        assert list(needs.libraries) == re.findall(r"^\s*DLL Name: (\S+)$", listed.stdout, re.MULTILINE)
