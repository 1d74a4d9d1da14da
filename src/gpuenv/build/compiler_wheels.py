"""Makes a CUDA toolkit out of the compiler wheels of PyPI: chooses the set, and completes its folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING

from gpuenv.build.toolkit import Toolkit
from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.extension import CompilerWheels


def choose_compiler(compilers: Sequence[CompilerWheels], torch_cuda: CudaVersion) -> CompilerWheels | None:
    """Choose the set of torch's own CUDA version, else the nearest below it of the same major, else above it.

    None where there is none of the major version: CUDA 12 has no nvcc on PyPI.
    """
    same = sorted((row for row in compilers if row.cuda.major == torch_cuda.major), key=lambda row: row.cuda)
    below = [row for row in same if row.cuda <= torch_cuda]
    return below[-1] if below else same[0] if same else None


def compiler_folder(cache: Path, compiler: CompilerWheels) -> Path:
    """Name the folder of a set of wheels: another set is another folder."""
    pins = "\n".join(str(pin) for pin in compiler.pins)
    return cache / "compilers" / f"{compiler.cuda}-{hashlib.sha256(pins.encode()).hexdigest()[:8]}"


def wheel_toolkit(folder: Path, compiler: CompilerWheels) -> Toolkit:
    """Make a toolkit of the installed wheels.

    Linkers look for `libcudart.so`, and the wheels have `libcudart.so.13` only: every library gets the name without
    a number. Raises `compiler-wheels-incomplete` where there is no nvcc.
    """
    root = folder / "nvidia" / f"cu{compiler.cuda.major}"
    nvcc = root / "bin" / ("nvcc.exe" if os.name == "nt" else "nvcc")
    if not nvcc.is_file():
        raise GpuenvError("compiler-wheels-incomplete", folder=str(folder), program="nvcc")
    for library in sorted((root / "lib").glob("lib*.so.*")):
        plain = library.with_name(library.name.partition(".so.")[0] + ".so")
        with contextlib.suppress(FileExistsError):
            plain.symlink_to(library.name)
    return Toolkit(root=root, nvcc=nvcc, version=compiler.cuda)
