"""Repositories of small extensions that build without a compiler: their code lies beside the build script.

The backend does as `CUDAExtension` does: a module for the GPUs that `TORCH_CUDA_ARCH_LIST` names.
"""

from __future__ import annotations

import os
import stat
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.fatbin import containers, elf

if TYPE_CHECKING:
    from pathlib import Path

_BACKEND = '''
"""A build backend without dependencies: takes the code of the GPUs that TORCH_CUDA_ARCH_LIST names."""
import os, sys, zipfile
import torch

{FIRST}

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    wanted = {WANTED}
    print("compiling for", wanted, "against torch", torch.__version__)
    info = "{MODULE}-{VERSION}.dist-info"
    name = "{MODULE}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.writestr("{MODULE}/__init__.py", {INIT!r})
        wheel.write(os.path.join("code", wanted + ".so"), "{MODULE}/kernels.so")
        wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\n{REQUIRES}")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n")
        names = [*wheel.namelist(), info + "/RECORD"]
        wheel.writestr(info + "/RECORD", "".join(found + ",,\\n" for found in names))
    return name
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionSource:
    """What a repository is to build."""

    name: str
    version: str = "1.0"
    wanted: str = 'os.environ["TORCH_CUDA_ARCH_LIST"]'
    """What it builds for: an expression of its script."""
    first: str = ""
    """What its script does first."""
    init: str = ""
    """The package's `__init__.py`."""
    requires: tuple[str, ...] = ()


def write_repository(folder: Path, source: ExtensionSource) -> str:
    """Write a git repository; gives what `gpuenv build` takes."""
    (folder / "code").mkdir(parents=True)
    for capability in ("8.9", "12.0"):
        code = elf((".nv_fatbin", containers(f"sm_{capability.replace('.', '')}")))
        (folder / "code" / f"{capability}.so").write_bytes(code)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n', encoding="utf-8"
    )
    script = _BACKEND.format(
        NAME=source.name,
        MODULE=source.name.replace("-", "_"),
        VERSION=source.version,
        WANTED=source.wanted,
        FIRST=source.first,
        INIT=source.init,
        REQUIRES="".join(f"Requires-Dist: {one}\\n" for one in source.requires),
    )
    (folder / "backend.py").write_text(script, encoding="utf-8")
    commit(folder)
    return f"git+{folder.as_uri()}"


def commit(folder: Path) -> None:
    """Put what is in a folder into a repository there, as it is now."""
    git = (
        "git",
        "-C",
        str(folder),
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "-c",
        "commit.gpgsign=false",
    )
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "as it is"], check=True)


def write_toolkit(folder: Path, cuda: str) -> Path:
    """Write a folder that `CUDA_HOME` may name: its nvcc tells its version and does nothing else."""
    nvcc = folder / "bin" / "nvcc"
    nvcc.parent.mkdir(parents=True)
    nvcc.write_text(f'#!/bin/sh\necho "Cuda compilation tools, release {cuda}, V{cuda}.88"\n', encoding="utf-8")
    (folder / "include").mkdir()
    (folder / "include" / "cuda.h").write_text("", encoding="utf-8")
    nvcc.chmod(nvcc.stat().st_mode | stat.S_IXUSR)
    return folder


def path_without(program: str, folder: Path) -> str:
    """Make a PATH that has everything of this one but a program."""
    folder.mkdir()
    for place in reversed(os.get_exec_path()):
        for entry in os.scandir(place) if os.path.isdir(place) else ():  # noqa: PTH112 - many
            link = folder / entry.name
            if entry.name != program and not link.is_symlink():
                link.symlink_to(entry.path)
    return str(folder)
