"""Finds the folders of LD_LIBRARY_PATH whose CUDA libraries are loaded instead of those of the wheels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.models.hardware import ShadowingFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LIBRARIES: Final = (
    "libcudart.so",
    "libcublas.so",
    "libcublasLt.so",
    "libcudnn",
    "libnvrtc",
    "libcufft.so",
    "libcurand.so",
    "libcusparse",
    "libcusolver.so",
    "libnvJitLink.so",
    "libnccl.so",
)
"""What CUDA wheels bring; libcuda itself belongs to the driver."""
_WHEELS: Final = ("nvidia/*/lib/*.so*", "torch/lib/*.so*")
"""Where the wheels put them, below site-packages: `nvidia/cudnn/lib`, from CUDA 13 on `nvidia/cu13/lib`."""


def find_shadowing(environ: Mapping[str, str], *, site_packages: Path | None) -> tuple[ShadowingFolder, ...]:
    """List those folders. In an environment with CUDA wheels only libraries of the same name count as in their way."""
    folders = dict.fromkeys(folder for folder in environ.get("LD_LIBRARY_PATH", "").split(":") if folder)
    held = {folder: tuple(sorted(_held(Path(folder)))) for folder in folders}
    if not any(held.values()):
        return ()
    wanted = frozenset(_wheel_libraries(site_packages)) if site_packages is not None else frozenset()
    found = {folder: tuple(name for name in names if not wanted or name in wanted) for folder, names in held.items()}
    return tuple(ShadowingFolder(path=folder, libraries=names) for folder, names in found.items() if names)


def _held(folder: Path) -> Iterator[str]:
    """Name the CUDA libraries in a folder by which programs ask for them: with their major version, no more."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return
    yield from (name for name in names if name.startswith(_LIBRARIES) and _is_asked_for(name))


def _is_asked_for(name: str) -> bool:
    version = name.partition(".so.")[2]
    return version.isdigit() or version in {"11.0", "11.2"}  # the sonames of CUDA 11's runtime and NVRTC


def _wheel_libraries(site_packages: Path) -> Iterator[str]:
    for pattern in _WHEELS:
        yield from (path.name for path in site_packages.glob(pattern) if path.name.startswith(_LIBRARIES))
