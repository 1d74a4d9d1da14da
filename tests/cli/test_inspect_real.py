"""`gpuenv inspect` over code of NVIDIA's own compiler and over released packages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gpuenv.binaries.environment_libraries import native_files
from support.cuda_tools import cuda_tools

if TYPE_CHECKING:
    from support.cuda_tools import CudaTools

__all__ = ["cuda_tools"]

pytestmark = pytest.mark.network

GPUS = {"rtx-5090": 120, "h100": 90, "rtx-4090": 89, "gtx-1080-ti": 61, "b200": 100, "gb10": 121}
PACKAGES = ("torch===2.15.0", "onnxruntime-gpu===1.31.1", "nvidia-curand===10.4.2.66")


def inspect(*arguments: str | Path, cwd: Path, exit_code: int = 0) -> dict[str, Any]:
    """Run the command; the envelope."""
    ran = subprocess.run(
        [sys.executable, "-m", "gpuenv", "inspect", "--json", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "GPUENV_LANG": "en", "GPUENV_CACHE_DIR": str(cwd / ".cache")},
    )
    assert ran.returncode == exit_code, ran.stdout + ran.stderr
    envelope: dict[str, Any] = json.loads(ran.stdout)
    return envelope


def install(folder: Path, *requirements: str) -> Path:
    """Make an environment with packages of the index; skips where they cannot be had."""
    root = folder / "env"
    for argv in (
        ["venv", "-q", str(root)],
        ["pip", "install", "-q", "--no-deps", "--python", str(root), *requirements],
    ):
        ran = subprocess.run([sys.executable, "-m", "uv", *argv], check=False, capture_output=True, text=True)
        if ran.returncode != 0:
            pytest.skip(f"the packages cannot be had: {ran.stderr[-300:]}")
    return root


def kinds(envelope: dict[str, Any]) -> dict[str, dict[str, str]]:
    """By GPU: file name -> kind of verdict."""
    told: dict[str, dict[str, str]] = {}
    for file in envelope["data"]["files"]:
        for verdict in file["verdicts"]:
            told.setdefault(verdict["gpu"], {})[Path(file["path"]).name] = verdict["kind"]
    return told


@pytest.fixture(scope="module")
def extension(tmp_path_factory: pytest.TempPathFactory, cuda_tools: CudaTools) -> Path:
    """Compile an extension for sm_80 only, one with PTX, and one with PTX beside newer machine code."""
    folder = tmp_path_factory.mktemp("extension")
    (folder / "ops.cu").write_text("__global__ void one(int *p) { *p = 1; }\nvoid run(int *p) { one<<<1, 1>>>(p); }\n")
    flags = ["-shared", "-Xcompiler", "-fPIC", "--cudart", "none", "ops.cu"]
    sm_80 = ["-gencode", "arch=compute_80,code=sm_80"]
    ptx_80 = ["-gencode", "arch=compute_80,code=compute_80"]
    sm_90 = ["-gencode", "arch=compute_90,code=sm_90"]
    for name, codes in {"sass.so": sm_80, "ptx.so": [*sm_80, *ptx_80], "old.so": [*sm_90, *ptx_80]}.items():
        cuda_tools.run("nvcc", *flags, *codes, "-o", name, cwd=folder)
    return folder


def test_an_extension_for_sm_80_only_does_not_cover_sm_120(extension: Path) -> None:
    envelope = inspect("sass.so", "--target", "sm_120,sm_86", cwd=extension, exit_code=3)
    assert kinds(envelope) == {"sm_120": {"sass.so": "none"}, "sm_86": {"sass.so": "sass"}}
    assert [error["message"] for error in envelope["errors"]] == ["no code for sm_120 (12.0) in sass.so"]


def test_an_extension_with_ptx_is_ptx_if_the_driver_knows_the_language_of_its_compiler(extension: Path) -> None:
    assert kinds(inspect("ptx.so", "--target", "sm_120", cwd=extension)) == {"sm_120": {"ptx.so": "ptx"}}
    # nvcc 13.2 writes PTX 9.2, which a driver of CUDA 13.0 does not know.
    new = inspect("ptx.so", "--target", "sm_120", "--driver", "595.45.04", cwd=extension)
    assert kinds(new) == {"sm_120": {"ptx.so": "ptx"}}
    envelope = inspect("ptx.so", "--target", "sm_120", "--driver", "580.95.05", cwd=extension, exit_code=3)
    assert [error["code"] for error in envelope["errors"]] == ["library-ptx-needs-newer-driver"]


def test_ptx_older_than_the_machine_code_beside_it_counts_for_nothing(extension: Path) -> None:
    envelope = inspect("old.so", "--target", "sm_120", cwd=extension, exit_code=3)
    assert [one["reason"] for one in envelope["data"]["files"][0]["verdicts"]] == ["ptx-older-than-machine-code"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wheel", "cuda", "is_too_old"),
    [("nvidia-cuda-nvrtc-cu12===12.4.127", "12.4", True), ("nvidia-cuda-nvrtc===13.2.86", "13.2", False)],
)
def test_nvrtc_tells_by_itself_whether_it_compiles_for_the_gpu(
    tmp_path: Path, wheel: str, cuda: str, *, is_too_old: bool
) -> None:
    root = install(tmp_path, wheel)
    envelope = inspect("--venv", root, "--target", "rtx-5090", cwd=tmp_path, exit_code=3)
    (generator,) = envelope["data"]["generators"]
    assert (generator["kind"], generator["cuda"]) == ("nvrtc", cuda)
    assert {"sm_75", "sm_90"} <= set(generator["architectures"])
    assert ("sm_120" in generator["architectures"]) is not is_too_old
    # NVRTC alone holds no GPU code; the fault of the old one comes beside that.
    codes = [error["code"] for error in envelope["errors"]]
    assert codes == ["no-gpu-code", "nvrtc-lacks-gpu"] if is_too_old else ["no-gpu-code"]


class Truth:
    """What cuobjdump says of an environment, judged in a few lines of our own."""

    def __init__(self, tools: CudaTools, root: Path) -> None:
        self.found: dict[str, Counter[str]] = {}
        for name in native_files(root):
            path = Path(name)
            listed = subprocess.run(
                [tools.bin / "cuobjdump", "--list-elf", "--list-ptx", path.name],
                cwd=path.parent,
                check=False,
                capture_output=True,
                text=True,
            ).stdout
            pattern = r"^(ELF|PTX) file .*\.sm_(\d+[af]?)\.(?:cubin|ptx)$"
            counted = Counter(f"{kind} {number}" for kind, number in re.findall(pattern, listed, re.MULTILINE))
            if counted:
                self.found[path.name] = counted

    def of_library(self, name: str, gpu: int) -> str:
        """Judge a library by the counts of its images: the main ones are in two of three containers."""
        counted = self.found[name]
        containers = max((number for code, number in counted.items() if code[-1].isdigit()), default=0)
        return self._served(gpu, {code for code, number in counted.items() if number > containers * 2 / 3})

    def of_family(self, prefixes: tuple[str, ...], gpu: int) -> str:
        """Judge libraries that choose by themselves together: one image is enough."""
        return self._served(
            gpu, {code for name in self.found if name.startswith(prefixes) for code in self.found[name]}
        )

    @staticmethod
    def _served(gpu: int, codes: set[str]) -> str:
        family = {f"ELF {gpu}a", f"ELF {gpu}f"} | {f"ELF {number}" for number in range(gpu // 10 * 10, gpu + 1)}
        # cuobjdump leaves the `f` off family cubins: 120 stands for 120f too, which runs on 12.1 as well.
        if codes & family:
            return "sass"
        return "ptx" if any(code.startswith("PTX") and int(code[4:].rstrip("af")) <= gpu for code in codes) else "none"


@pytest.mark.slow
def test_an_environment_of_torch_and_onnxruntime_is_judged_as_cuobjdump_would(
    tmp_path: Path, cuda_tools: CudaTools
) -> None:
    root = tmp_path / "env"
    if shutil.disk_usage(tmp_path).free < 12_000_000_000:
        pytest.skip("it takes 6 GB")
    for argv in (["venv", "-q", str(root)], ["pip", "install", "-q", "--python", str(root), *PACKAGES]):
        ran = subprocess.run([sys.executable, "-m", "uv", *argv], check=False, capture_output=True, text=True)
        if ran.returncode != 0:
            pytest.skip(f"the packages cannot be had: {ran.stderr[-300:]}")
    truth = Truth(cuda_tools, root)
    envelope = inspect("--venv", root, "--target", ",".join(GPUS), cwd=tmp_path, exit_code=3)
    names = dict(zip(GPUS, envelope["data"]["gpus"], strict=True))
    told = kinds(envelope)
    plain = ("libtorch_cuda.so", "libonnxruntime_providers_cuda.so", "libnccl.so.2", "libnvshmem_host.so.3")
    families = {
        "libcudnn_ops.so.9": ("libcudnn",),
        "libcudnn_engines_tensor_ir.so.9": ("libcudnn",),
        "libcublasLt.so.13": ("libcublas.", "libcublasLt."),
        "libcusparse.so.12": ("libcusparse.",),
        "libcusolver.so.12": ("libcusolver",),
        "libcurand.so.10": ("libcurand",),
    }
    for gpu, number in GPUS.items():
        expected = {name: truth.of_library(name, number) for name in plain}
        expected |= {name: truth.of_family(prefixes, number) for name, prefixes in families.items()}
        assert {name: told[names[gpu]][name] for name in expected} == expected, gpu
    assert {gpu: told[names[gpu]]["libtorch_cuda.so"] for gpu in GPUS} == {
        "rtx-5090": "sass",
        "h100": "sass",
        "rtx-4090": "sass",
        "gtx-1080-ti": "none",
        "b200": "sass",
        "gb10": "sass",
    }
    uncovered = {(error["code"], error["message"].partition(" in ")[0]) for error in envelope["errors"]}
    assert uncovered >= {
        ("libraries-lack-gpu", "no code for NVIDIA B200 (10.0)"),
        ("libraries-lack-gpu", "no code for NVIDIA GB10 (12.1)"),
    }
    assert inspect("--venv", root, "--target", "rtx-5090,h100,rtx-4090", cwd=tmp_path)["errors"] == []
