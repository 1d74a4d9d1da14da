"""Lists the cuDNN libraries that programs would load beside, or instead of, those of wheels."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.detect.files import exists, read_text
from gpuenv.models.hardware import CudnnLibrary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gpuenv.models.hardware import CudaToolkit

_FOLDERS: Final = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib", "usr/local/lib")
_MAJORS: Final = (9, 8, 7)
_SONAME: Final = r"^libcudnn\.so\.(\d+(?:\.\d+)*)$"
_HEADERS: Final = (
    "../include/cudnn_version.h",
    "../../include/cudnn_version.h",
    "../../include/{triple}/cudnn_version.h",
)
"""Where the header lies, seen from the library's folder: a toolkit's, a distribution's, one with a triple."""
_DEFINE: Final = r"(?m)^#define CUDNN_(MAJOR|MINOR|PATCHLEVEL) (\d+)"


def read_cudnn(environ: Mapping[str, str], toolkits: Iterable[CudaToolkit], *, root: Path) -> tuple[CudnnLibrary, ...]:
    """List them in the order of the loader: the search path of the environment first."""
    found = dict.fromkeys(Path(os.path.realpath(path)) for path in _libraries(environ, toolkits, root))
    return tuple(CudnnLibrary(path=str(path), version=_version(path)) for path in found)


def parse_cudnn_header(text: str) -> str | None:
    """Read `cudnn_version.h`.

    #define CUDNN_MAJOR 9
    #define CUDNN_MINOR 10
    #define CUDNN_PATCHLEVEL 2
    """
    told = dict(re.findall(_DEFINE, text))
    parts = [told.get(name) for name in ("MAJOR", "MINOR", "PATCHLEVEL")]
    return ".".join(part for part in parts if part is not None) if all(parts) else None


def parse_cudnn_name(name: str) -> str | None:
    """Read as much of the version as the file's name tells: `libcudnn.so.9.10.2` or `cudnn64_9.dll`."""
    found = re.match(_SONAME, name)
    if found is not None:
        return found[1]
    return next((str(major) for major in _MAJORS if name.lower() == f"cudnn64_{major}.dll"), None)


def _libraries(environ: Mapping[str, str], toolkits: Iterable[CudaToolkit], root: Path) -> Iterator[Path]:
    if os.name == "nt":
        names = [f"cudnn64_{major}.dll" for major in _MAJORS]
        folders = [Path(folder) for folder in environ.get("PATH", "").split(";") if folder]
    else:
        names = [f"libcudnn.so.{major}" for major in _MAJORS]
        stated = [Path(folder) for folder in environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
        own = [Path(toolkit.root, "lib64") for toolkit in toolkits]
        folders = [*stated, *own, *(root / folder for folder in _FOLDERS)]
    return (folder / name for folder in folders for name in names if exists(folder / name))


def _version(library: Path) -> str | None:
    told = parse_cudnn_name(library.name)
    if told is not None and "." in told:
        return told
    places = (os.path.normpath(library.parent / place.format(triple=library.parent.name)) for place in _HEADERS)
    headers = (parse_cudnn_header(read_text(Path(place)) or "") for place in places)
    return next((version for version in headers if version and version.startswith(f"{told}.")), told)
