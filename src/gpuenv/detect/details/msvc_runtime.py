"""Tells the Visual C++ runtime of a Windows machine from the version resource of its files."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.models.hardware import MsvcRuntime
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEEDED: Final = ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll")
"""What torch's and ONNX Runtime's libraries import; Python itself brings the first two, never the last."""
_VERSIONED: Final = "msvcp140.dll"

_FIXED_INFO: Final = struct.pack("<II", 0xFEEF04BD, 0x00010000)
"""Signature and structure version of VS_FIXEDFILEINFO (verrsrc.h); two 32-bit halves of the file version follow."""

_INSTALL: Final = "winget install --id Microsoft.VCRedist.2015+.x64"


def read_msvc_runtime(environ: Mapping[str, str]) -> MsvcRuntime | None:
    """Look for the runtime where its installer puts it."""
    return find_msvc_runtime(Path(environ.get("WINDIR", r"C:\Windows")) / "System32")


def find_msvc_runtime(system: Path) -> MsvcRuntime | None:
    """Look for the runtime in a folder: one of which a file is missing is not installed; None where nothing tells."""
    try:
        if not all((system / name).is_file() for name in _NEEDED):
            return MsvcRuntime(version=None)
        version = parse_file_version((system / _VERSIONED).read_bytes())
    except OSError:
        return None
    return MsvcRuntime(version=version) if version is not None else None


def parse_file_version(image: bytes) -> str | None:
    """Read the file version out of a library: `14.44.35211.0`; None where it has none."""
    place = image.find(_FIXED_INFO)
    if place < 0 or len(image) < place + 16:
        return None
    high, low = struct.unpack_from("<II", image, place + 8)
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"


def runtime_problems(runtime: MsvcRuntime) -> tuple[Notice, ...]:
    """Tell of a runtime that is not there; which build needs how new a one is for the resolver to say."""
    return (Notice.of("msvc-runtime-missing", command=_INSTALL),) if runtime.version is None else ()
