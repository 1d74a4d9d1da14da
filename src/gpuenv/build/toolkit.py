"""Finds the CUDA toolkit of this machine, and tells whether it can build for a torch and for GPUs."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass
from gpuenv.process import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpuenv.models.cuda import ComputeCapability
    from gpuenv.models.matrix import ArchitectureRow

_RELEASE: Final = re.compile(r"release (\d+\.\d+)")
_TIMEOUT_S: Final = 30
_USUAL: Final = Path("/usr/local/cuda")
"""Where NVIDIA's packages for Linux put the newest toolkit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolkit:
    """A CUDA toolkit."""

    root: Path
    """What `CUDA_HOME` names."""
    nvcc: Path
    version: CudaVersion


def find_toolkit(environ: Mapping[str, str], *, usual: Path = _USUAL) -> Toolkit:
    """Find nvcc as torch does: `CUDA_HOME`, `CUDA_PATH`, the PATH, then the usual folder; the first that is there.

    Raises `no-cuda-toolkit` with the places that were looked at, and `nvcc-fails` where it does not say its version.
    """
    looked = tuple(dict.fromkeys(_places(environ, usual)))
    nvcc = next((place for place in looked if place.is_file()), None)
    if nvcc is None:
        raise GpuenvError("no-cuda-toolkit", places=tuple(str(place) for place in looked))
    return _toolkit(nvcc, environ, usual)


def find_toolkits(environ: Mapping[str, str], *, usual: Path = _USUAL) -> tuple[Toolkit, ...]:
    """List all toolkits, the first the one that torch would take: also `/usr/local/cuda-13.0` beside the usual folder.

    One whose nvcc does not tell its version is left out.
    """
    beside = sorted(usual.parent.glob(f"{usual.name}-*/bin/nvcc"), reverse=True) if os.name == "posix" else []
    found: dict[Path, Toolkit] = {}
    for nvcc in dict.fromkeys((*_places(environ, usual), *beside)):
        if nvcc.is_file():
            with contextlib.suppress(GpuenvError):
                toolkit = _toolkit(nvcc, environ, usual)
                found.setdefault(toolkit.root.resolve(), toolkit)
    return tuple(found.values())


def _toolkit(nvcc: Path, environ: Mapping[str, str], usual: Path) -> Toolkit:
    told = run((str(nvcc), "--version"), env=environ, timeout_s=_TIMEOUT_S)
    version = parse_nvcc_version(told.stdout) if told.succeeded else None
    if version is None:
        raise GpuenvError("nvcc-fails", nvcc=str(nvcc), detail=(told.stderr or told.stdout).strip()[-200:])
    return Toolkit(root=_root(nvcc, usual), nvcc=nvcc, version=version)


def parse_nvcc_version(text: str) -> CudaVersion | None:
    """Read `nvcc --version`; `tests/data/build/nvcc-13.0.txt` is a sample. None for a text that does not say.

    >>> str(parse_nvcc_version("Cuda compilation tools, release 13.0, V13.0.88"))
    '13.0'
    """
    found = _RELEASE.search(text)
    return CudaVersion.parse(found[1]) if found else None


def toolkit_faults(
    toolkit: Toolkit, *, torch_cuda: CudaVersion, rows: Sequence[tuple[ComputeCapability, ArchitectureRow | None]]
) -> tuple[Notice, ...]:
    """Tell why this toolkit cannot build for that torch and those GPUs; () where it can.

    An extension shares the CUDA runtime of torch, so the major versions are the same (rule 6), and nvcc compiles for
    the architectures of its own time only. A GPU that the matrix does not know (row None) is left to nvcc.
    """
    faults = []
    if toolkit.version.major != torch_cuda.major:
        faults.append(
            Notice.of(
                "toolkit-does-not-fit-torch",
                nvcc=str(toolkit.nvcc),
                toolkit=str(toolkit.version),
                torch_cuda=str(torch_cuda),
            )
        )
    for capability, row in rows:
        if row is None:
            continue
        is_too_old = toolkit.version < row.minimum_cuda
        if is_too_old or (row.maximum_cuda is not None and toolkit.version > row.maximum_cuda):
            needed = f">= {row.minimum_cuda}" if is_too_old else f"<= {row.maximum_cuda}"
            faults.append(
                Notice.of(
                    "toolkit-lacks-architecture",
                    toolkit=str(toolkit.version),
                    architecture=capability.sm,
                    needed=needed,
                )
            )
    return tuple(faults)


def _places(environ: Mapping[str, str], usual: Path) -> Iterator[Path]:
    name = "nvcc.exe" if os.name == "nt" else "nvcc"
    for variable in ("CUDA_HOME", "CUDA_PATH"):
        if environ.get(variable):
            yield Path(environ[variable], "bin", name)
    found = shutil.which("nvcc", path=environ.get("PATH", ""))
    if found is not None:
        yield Path(found)
    if os.name == "posix":
        yield usual / "bin" / name


def _root(nvcc: Path, usual: Path) -> Path:
    """Find the toolkit's folder; an nvcc that is a script or link elsewhere (`/usr/local/bin`) leads there."""
    for candidate in (nvcc, nvcc.resolve(), usual / "bin" / nvcc.name):
        root = candidate.parent.parent
        if (root / "include" / "cuda.h").is_file():
            return root
    return nvcc.parent.parent
