"""What the reader sees in libraries made by nvcc, against NVIDIA's own cuobjdump."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from gpuenv.binaries.library import read_code_objects
from gpuenv.models.binaries import CodeKind

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.binaries import CodeSummary
    from support.cuda_tools import CudaTools

pytestmark = pytest.mark.network

SOURCES = {
    "one.cu": "__global__ void one(int *p) { *p = 1; }\nvoid run_one(int *p) { one<<<1, 1>>>(p); }\n",
    "two.cu": "__device__ int add(int);\n__global__ void two(int *p) { *p = add(1); }\n"
    "void run_two(int *p) { two<<<1, 1>>>(p); }\n",
    "add.cu": "__device__ int add(int x) { return x + 1; }\n",
}


def sass(*names: str) -> list[str]:
    return [part for name in names for part in ("-gencode", f"arch=compute_{name},code=sm_{name}")]


def ptx(*names: str) -> list[str]:
    return [part for name in names for part in ("-gencode", f"arch=compute_{name},code=compute_{name}")]


LIBRARY = ["-shared", "-Xcompiler", "-fPIC"]
ALONE = [*LIBRARY, "--cudart", "none"]
"""Without the static CUDA runtime, which brings code of its own."""
RECIPES: dict[str, list[str]] = {
    "plain.so": [*ALONE, "one.cu", *sass("75", "80", "87", "89", "90", "103", "110", "121")],
    "suffixes.so": [*ALONE, "one.cu", *sass("90a", "100a", "103a", "120a", "121a", "100f", "120f")],
    "ptx.so": [*ALONE, "one.cu", *ptx("75", "90a", "100f", "120")],
    "both.so": [*ALONE, "one.cu", *sass("80", "90a", "120"), *ptx("80", "120")],
    "uncompressed.so": [*ALONE, "one.cu", "--no-compress", *sass("75", "120"), *ptx("120")],
    "small.so": [*ALONE, "one.cu", "--compress-mode=size", *sass("75", "120"), *ptx("120")],
    "debug.so": [*ALONE, "one.cu", "-G", *sass("86")],
    "rdc.so": [*LIBRARY, "-rdc=true", "two.cu", "add.cu", *sass("75", "120"), *ptx("120")],
    "object.o": ["-c", "one.cu", *sass("75", "120"), *ptx("120")],
    "relocatable.o": ["-dc", "one.cu", *sass("80"), *ptx("80")],
    "lto.o": ["-dc", "one.cu", "-gencode", "arch=compute_90,code=lto_90", *sass("75")],
    "static.a": ["-lib", "one.cu", *sass("75", "90"), *ptx("90")],
    "bare.fatbin": ["-fatbin", "one.cu", *sass("75", "103f")],
}


@pytest.fixture(scope="module")
def built(cuda_tools: CudaTools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nvcc")
    for name, text in SOURCES.items():
        (folder / name).write_text(text, encoding="utf-8")

    def compile_one(name: str) -> None:
        cuda_tools.run("nvcc", *RECIPES[name], "-o", name, cwd=folder)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(compile_one, RECIPES))
    return folder


def dumped(tools: CudaTools, path: Path, *options: str) -> Counter[str]:
    """Count the images that cuobjdump lists: `ELF file    1: both.1.sm_90a.cubin`."""
    listed = tools.run("cuobjdump", "--list-elf", "--list-ptx", *options, path.name, cwd=path.parent)
    found: Counter[str] = Counter()
    for kind, architecture in re.findall(r"^(ELF|PTX) file .*\.sm_(\d+[af]?)\.(?:cubin|ptx)$", listed, re.MULTILINE):
        found[f"{'sm' if kind == 'ELF' else 'compute'}_{architecture}"] += 1
    return found


def seen(summary: CodeSummary) -> Counter[str]:
    return Counter(
        {
            **{architecture.sm: number for architecture, number in summary.sass},
            **{architecture.compute: number for architecture, number in summary.ptx},
        }
    )


def relocatable(summary: CodeSummary) -> Counter[str]:
    return Counter(
        {
            architecture.sm if kind is CodeKind.SASS else architecture.compute: number
            for kind, architecture, number in summary.relocatable
            if kind is not CodeKind.LTO_IR
        }
    )


def without_family_cubins(found: Counter[str]) -> Counter[str]:
    """Write `sm_100f` as cuobjdump does: it leaves the `f` off cubins, though not off PTX."""
    known: Counter[str] = Counter()
    for name, number in found.items():
        known[name.rstrip("f") if name.startswith("sm_") else name] += number
    return known


@pytest.mark.parametrize("name", [name for name in RECIPES if not name.endswith((".fatbin", "lto.o"))])
def test_the_reader_sees_what_cuobjdump_sees(name: str, built: Path, cuda_tools: CudaTools) -> None:
    summary = read_code_objects(built / name)
    # cuobjdump shows relocatable images only with --all-fatbin where there are others.
    everything = seen(summary) + relocatable(summary)
    assert without_family_cubins(everything) == dumped(cuda_tools, built / name, "--all-fatbin")
    assert everything


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("suffixes.so", {"sm_90a", "sm_100a", "sm_103a", "sm_120a", "sm_121a", "sm_100f", "sm_120f"}),
        ("ptx.so", {"compute_75", "compute_90a", "compute_100f", "compute_120"}),
        ("bare.fatbin", {"sm_75", "sm_103f"}),
    ],
)
def test_the_reader_sees_what_nvcc_was_asked_for(name: str, expected: set[str], built: Path) -> None:
    assert seen(read_code_objects(built / name)) == Counter(expected)


def test_a_device_link_leaves_ptx_among_the_relocatable_images(built: Path) -> None:
    summary = read_code_objects(built / "rdc.so")
    assert seen(summary) == Counter(["sm_75", "sm_120"])
    assert relocatable(summary) == Counter({"sm_75": 2, "sm_120": 2, "compute_120": 2})


def test_lto_ir_is_seen_where_cuobjdump_lists_none(built: Path, cuda_tools: CudaTools) -> None:
    summary = read_code_objects(built / "lto.o")
    kinds = {(kind, str(architecture)) for kind, architecture, _ in summary.relocatable}
    assert kinds == {(CodeKind.SASS, "75"), (CodeKind.LTO_IR, "90")}
    assert dumped(cuda_tools, built / "lto.o") == Counter(["sm_75"])


@pytest.mark.parametrize(("name", "compressed"), [("uncompressed.so", 0), ("small.so", 3)])
def test_compressed_images_are_told(name: str, compressed: int, built: Path) -> None:
    summary = read_code_objects(built / name)
    assert (summary.objects, summary.compressed) == (3, compressed)
