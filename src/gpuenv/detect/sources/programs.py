"""Finds nvidia-smi by its known places, never through PATH or the current folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.detect.files import exists

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FOLDERS: Final = ("usr/bin", "usr/lib/wsl/lib", "usr/local/bin", "opt/bin", "run/current-system/sw/bin")
"""Where distributions, WSL, container images, GPU operators and NixOS put it, below the root."""


def find_nvidia_smi(environ: Mapping[str, str], *, root: Path) -> Path | None:
    """Find the program, or None."""
    places = _windows_places(environ) if os.name == "nt" else (root / folder / "nvidia-smi" for folder in _FOLDERS)
    return next((path for path in places if exists(path)), None)


def _windows_places(environ: Mapping[str, str]) -> Iterator[Path]:
    yield Path(environ.get("WINDIR", r"C:\Windows")) / "System32" / "nvidia-smi.exe"
    yield Path(environ.get("ProgramFiles", r"C:\Program Files")) / "NVIDIA Corporation" / "NVSMI" / "nvidia-smi.exe"
