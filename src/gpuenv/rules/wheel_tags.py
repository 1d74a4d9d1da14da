"""Which wheels a described Python on a described platform installs, by the tags in their names."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.platform import Platform, PythonVersion

_OLDEST_MANYLINUX_MINOR = 5
_OLDEST_GLIBC = (2, _OLDEST_MANYLINUX_MINOR)
_LEGACY_MANYLINUX = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
_MACOS_ASSUMED = (15, 0)
"""macOS version assumed for a target that states none: torch 2.12 and newer need 14.0."""


@lru_cache(maxsize=32)
def supported_tags(platform: Platform, python: PythonVersion) -> frozenset[Tag]:
    """Make the set of wheel tags that CPython `python` on `platform` accepts (PEP 425, PEP 600)."""
    platforms = list(_platforms(platform))
    version = (python.major, python.minor)
    interpreter = f"cp{python.major}{python.minor}"
    abi = f"{interpreter}t" if python.free_threaded else interpreter
    return frozenset(
        [
            *cpython_tags(version, abis=[abi], platforms=platforms),
            *compatible_tags(version, interpreter=interpreter, platforms=platforms),
        ]
    )


def glibc_suffices(needed: tuple[int, int] | None, there: tuple[int, int] | None) -> bool:
    """Tell whether wheels that need a glibc (None: any) can be installed where there is one (None: another system)."""
    return needed is None or there is None or there >= needed


def _platforms(platform: Platform) -> Iterator[str]:
    match platform.name:
        case "windows-x86_64":
            yield "win_amd64"
        case "macos-arm64":
            yield from mac_platforms(platform.macos or _MACOS_ASSUMED, "arm64")
        case "linux-x86_64" | "linux-aarch64":
            processor = platform.name.removeprefix("linux-")
            major, minor = platform.effective_glibc or _OLDEST_GLIBC
            for step in range(minor, _OLDEST_MANYLINUX_MINOR - 1, -1):
                yield f"manylinux_{major}_{step}_{processor}"
                if (major, step) in _LEGACY_MANYLINUX:
                    yield f"{_LEGACY_MANYLINUX[major, step]}_{processor}"
            yield f"linux_{processor}"
