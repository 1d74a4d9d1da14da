"""Lists the CUDA toolkits of a machine from their files, with the host compilers that each accepts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gpuenv.detect.files import exists, on_path, read_text
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.hardware import CompilerLimits, CudaToolkit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VARIABLES: Final = ("CUDA_HOME", "CUDA_PATH")
"""On Windows each version has one of its own too: `CUDA_PATH_V12_8`."""
_WINDOWS_FOLDER: Final = "NVIDIA GPU Computing Toolkit/CUDA"
_PROGRAMS: Final = ("bin/nvcc", "bin/nvcc.exe")
_SIGNS: Final = ("version.json", "version.txt", "nvvm", "include/cuda.h")
"""What only a toolkit's folder holds: an nvcc in `/usr/local/bin` may be a script that leads elsewhere."""
_HEADER_FOLDERS: Final = ("include", "targets/x86_64-linux/include", "targets/sbsa-linux/include")
_CUDA_H_START: Final = 65536
"""Bytes of `cuda.h`, which is large, in which its version stands."""

# Patterns are compiled when they are first needed: most machines have no toolkit.
_TOOLKIT_TEXT: Final = r"CUDA Version (\d+\.\d+)"
_DEFINED: Final = r"(?m)^#define CUDA_VERSION (\d{4,6})$"
_FOLDER_VERSION: Final = r"(\d+\.\d+)$"
_GCC_LIMIT: Final = r"__GNUC__ > (\d+)"
_CLANG_LIMIT: Final = r"__clang_major__ (>=?) +(\d+)"
_MSC_LIMIT: Final = r"_MSC_VER < \d+ \|\| _MSC_VER >= (\d+)"


def read_toolkits(environ: Mapping[str, str], *, root: Path) -> tuple[CudaToolkit, ...]:
    """List the toolkits in the order in which builds find them; a link is the folder that it leads to."""
    real = dict.fromkeys(Path(os.path.realpath(folder)) for folder in _places(environ, root) if exists(folder))
    return tuple(_toolkit(folder) for folder in real if _is_toolkit(folder))


def parse_toolkit(text: str) -> CudaVersion | None:
    """Read a toolkit's version.json, or the version.txt of those before 11.1.

    {"cuda": {"name": "CUDA SDK", "version": "12.8.1"}}
    CUDA Version 10.2.89
    """
    plain = re.search(_TOOLKIT_TEXT, text)
    if plain is not None:
        return CudaVersion.parse(plain[1])
    try:
        import json  # noqa: PLC0415 - only where there is such a file

        told: Any = json.loads(text)
        return CudaVersion.parse(told["cuda"]["version"])
    except (ValueError, KeyError, TypeError):
        return None


def parse_cuda_header(text: str) -> CudaVersion | None:
    """Read the version out of `cuda.h`, for toolkits of distributions and package managers, which have no version file.

    #define CUDA_VERSION 13000
    """
    found = re.search(_DEFINED, text)
    return CudaVersion.from_driver_number(int(found[1])) if found else None


def parse_compiler_limits(text: str) -> CompilerLimits:
    """Read which host compilers a toolkit accepts from its `crt/host_config.h`.

    #if __GNUC__ > 15
    #if (__clang_major__ >= 21) || (__clang_major__ < 3) || ...
    #if _MSC_VER < 1920 || _MSC_VER >= 1950
    """
    gcc, clang, msc = re.search(_GCC_LIMIT, text), re.search(_CLANG_LIMIT, text), re.search(_MSC_LIMIT, text)
    return CompilerLimits(
        gcc=int(gcc[1]) if gcc else None,
        clang=int(clang[2]) - (clang[1] == ">=") if clang else None,
        msc=int(msc[1]) - 1 if msc else None,
    )


def _places(environ: Mapping[str, str], root: Path) -> Iterator[Path]:
    """Name the folders that may be toolkits: of the variables, of nvcc on the PATH, and the usual ones."""
    for name in _VARIABLES:
        if environ.get(name):
            yield Path(environ[name])
    nvcc = on_path("nvcc", environ)
    if nvcc is not None:
        yield Path(os.path.realpath(nvcc)).parent.parent
    if os.name == "nt":
        yield from (Path(value) for name, value in environ.items() if name.startswith("CUDA_PATH_V") and value)
        yield from _within(Path(environ.get("ProgramFiles", r"C:\Program Files")) / _WINDOWS_FOLDER, "v*")
        return
    yield root / "usr/local/cuda"
    yield from _within(root / "usr/local", "cuda-*")
    yield root / "opt/cuda"


def _within(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern), reverse=True)


def _is_toolkit(folder: Path) -> bool:
    has_sign = any(exists(folder / name) for name in _SIGNS)
    return has_sign and (_program(folder) is not None or exists(folder / "version.json"))


def _toolkit(folder: Path) -> CudaToolkit:
    header = next(
        (
            text
            for place in _HEADER_FOLDERS
            for name in ("crt/host_config.h", "host_config.h")
            if (text := read_text(folder / place / name)) and "__GNUC__ >" in text
        ),
        None,
    )
    return CudaToolkit(
        root=str(folder),
        version=_version(folder),
        nvcc=_program(folder),
        limits=parse_compiler_limits(header) if header is not None else None,
    )


def _program(folder: Path) -> str | None:
    return next((str(folder / name) for name in _PROGRAMS if exists(folder / name)), None)


def _version(folder: Path) -> CudaVersion | None:
    for name in ("version.json", "version.txt"):
        told = parse_toolkit(read_text(folder / name) or "")
        if told is not None:
            return told
    for place in _HEADER_FOLDERS:
        told = parse_cuda_header(read_text(folder / place / "cuda.h", limit=_CUDA_H_START) or "")
        if told is not None:
            return told
    named = re.search(_FOLDER_VERSION, folder.name)
    return CudaVersion.parse(named[1]) if named else None
