"""Asks the code generators of an environment, NVRTC and ptxas, of which CUDA they are and what they compile for."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.models.binaries import CodeGenerator
from gpuenv.models.cuda import ComputeCapability, CudaVersion
from gpuenv.process import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_NVRTC: Final = re.compile(r"libnvrtc\.so\.\d+|libnvrtc-[0-9a-f]+\.so\.\d+[\d.]*|nvrtc64_\d+_\d+\.dll")
"""Also the name that auditwheel gives a copy inside a wheel; not `libnvrtc-builtins`, which holds its headers."""
_PTXAS: Final = re.compile(r"ptxas(?:-blackwell)?(?:\.exe)?")
_PTXAS_RELEASE: Final = re.compile(r"release (\d+\.\d+), V")
_PTXAS_ALLOWED: Final = re.compile(r"'sm_(\d+)'")
"""How `ptxas --help` lists what `--gpu-name` takes; `sm_90a` and `sm_120f` are variants of what stands beside them."""
_PATIENCE_S: Final = 20.0

_QUESTION: Final = """
import ctypes, json, sys
library = ctypes.CDLL(sys.argv[1])
major, minor, count = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
answer = {}
if library.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor)) == 0:
    answer["cuda"] = [major.value, minor.value]
if hasattr(library, "nvrtcGetSupportedArchs") and library.nvrtcGetNumSupportedArchs(ctypes.byref(count)) == 0:
    numbers = (ctypes.c_int * count.value)()
    if library.nvrtcGetSupportedArchs(numbers) == 0:
        answer["architectures"] = list(numbers)
print(json.dumps(answer))
"""


def is_generator(path: Path) -> bool:
    """Tell by its name whether a file is a code generator."""
    return _NVRTC.fullmatch(path.name) is not None or _PTXAS.fullmatch(path.name) is not None


def ask_generator(path: Path, environ: Mapping[str, str]) -> str:
    """Ask a generator what it is, in a process of its own; empty for one that crashes, hangs or is none."""
    is_nvrtc = _NVRTC.fullmatch(path.name) is not None
    if is_nvrtc:
        return _answer([sys.executable, "-I", "-c", _QUESTION, str(path)], environ)
    version = _answer([str(path), "--version"], environ)
    return version + _answer([str(path), "--help"], environ) if version else ""


def _answer(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    try:
        asked = run(argv, env=environ, timeout_s=_PATIENCE_S)
    except GpuenvError:
        return ""  # a file of that name that is no program
    return asked.stdout if asked.succeeded else ""


def parse_generator(path: Path, distribution: str | None, answer: str) -> CodeGenerator:
    """Give an answer its meaning; one that says nothing tells no version and no architectures."""
    if _NVRTC.fullmatch(path.name):
        cuda, architectures = parse_nvrtc_answer(answer)
        return CodeGenerator(
            kind="nvrtc", path=str(path), distribution=distribution, cuda=cuda, architectures=architectures
        )
    return CodeGenerator(
        kind="ptxas",
        path=str(path),
        distribution=distribution,
        cuda=parse_ptxas_version(answer),
        architectures=parse_ptxas_architectures(answer),
    )


def find_programs(site_packages: Path) -> tuple[tuple[Path, str | None], ...]:
    """Find the assemblers that Triton brings."""
    folder = site_packages / "triton" / "backends" / "nvidia" / "bin"
    programs = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple((path, "triton") for path in programs if _PTXAS.fullmatch(path.name))


def parse_nvrtc_answer(text: str) -> tuple[CudaVersion | None, tuple[ComputeCapability, ...] | None]:
    """Read what the child process printed: `{"cuda": [13, 2], "architectures": [75, 120]}`; (None, None) for less."""
    try:
        answer = json.loads(text.strip().rpartition("\n")[2])
    except ValueError:
        return None, None
    if not isinstance(answer, dict):
        return None, None
    cuda, numbers = answer.get("cuda"), answer.get("architectures")
    return (
        CudaVersion(major=cuda[0], minor=cuda[1]) if cuda else None,
        tuple(ComputeCapability(major=number // 10, minor=number % 10) for number in sorted(numbers))
        if numbers is not None
        else None,
    )


def parse_ptxas_version(text: str) -> CudaVersion | None:
    """Read `Cuda compilation tools, release 12.9, V12.9.86`; None where it is not there."""
    found = _PTXAS_RELEASE.search(text)
    return CudaVersion.parse(found[1]) if found else None


def parse_ptxas_architectures(text: str) -> tuple[ComputeCapability, ...] | None:
    """Read the help's `Allowed values for this option:  'compute_100',...,'sm_90','sm_90a'`; None without any."""
    numbers = sorted({int(number) for number in _PTXAS_ALLOWED.findall(text)})
    return tuple(ComputeCapability(major=number // 10, minor=number % 10) for number in numbers) or None
