"""Lists the C++ compilers that nvcc could hand host code to, by their files: none of them is run."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.detect.files import on_path, read_text
from gpuenv.models.hardware import HostCompiler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_IN_NAME: Final = r"-(\d+(?:\.\d+)*)$|/llvm-(\d+)/"
"""Distributions name the real file after its version: `x86_64-linux-gnu-g++-13`, `/usr/lib/llvm-18/bin/clang`."""
_GCC_FOLDERS: Final = ("lib/gcc", "lib64/gcc", "libexec/gcc")
"""Where GCC keeps its own parts, below its prefix: a folder by machine, below it one by version."""
_TOOLSET: Final = r"14\.(\d{2})\."
_TOOLSET_FILE: Final = "*/*/VC/Auxiliary/Build/Microsoft.VCToolsVersion.default.txt"
"""Below a Visual Studio folder: year and edition, then the file that names the newest compiler of it."""


def read_compilers(environ: Mapping[str, str]) -> tuple[HostCompiler, ...]:
    """List the compilers on the PATH, in the order in which builds ask for them; on Windows those of Visual Studio."""
    if os.name == "nt":
        return tuple(_visual_studios(environ))
    found = ((on_path(name, environ), family) for name, family in _names(environ))
    return tuple(
        HostCompiler(family=family, path=str(path), version=compiler_version(Path(os.path.realpath(path)), family))
        for path, family in found
        if path is not None
    )


def compiler_version(program: Path, family: Literal["gcc", "clang"]) -> str | None:
    """Tell a compiler's version by its real file: by its name, else by the one version of GCC below its prefix."""
    named = re.search(_IN_NAME, program.as_posix())
    if named is not None:
        return named[1] or named[2]
    if family != "gcc":
        return None
    prefix = program.parent.parent
    places = (place for folder in _GCC_FOLDERS for place in (prefix / folder).glob("*/*"))
    versions = {place.name for place in places if place.name[:1].isdigit()}
    return versions.pop() if len(versions) == 1 else None


def parse_toolset(text: str) -> str | None:
    """Read Visual Studio's `Microsoft.VCToolsVersion.default.txt`: 14.44.35207 is `_MSC_VER` 1944."""
    found = re.match(_TOOLSET, text.strip())
    return f"19{found[1]}" if found else None


def _names(environ: Mapping[str, str]) -> Iterator[tuple[str, Literal["gcc", "clang"]]]:
    """Name what builds ask for: CXX, which torch hands on to nvcc, then the usual names."""
    chosen = environ.get("CXX", "").split()
    if chosen and chosen[0] not in {"g++", "clang++"}:
        yield chosen[0], "clang" if "clang" in chosen[0] else "gcc"
    yield "g++", "gcc"
    yield "clang++", "clang"


def _visual_studios(environ: Mapping[str, str]) -> Iterator[HostCompiler]:
    for variable in ("ProgramFiles", "ProgramFiles(x86)"):
        programs = environ.get(variable)
        if not programs:
            continue
        for file in sorted(Path(programs, "Microsoft Visual Studio").glob(_TOOLSET_FILE), reverse=True):
            toolset = (read_text(file) or "").strip()
            tools = file.parents[2] / "Tools" / "MSVC" / toolset / "bin" / "Hostx64" / "x64" / "cl.exe"
            yield HostCompiler(family="msvc", path=str(tools), version=parse_toolset(toolset))
