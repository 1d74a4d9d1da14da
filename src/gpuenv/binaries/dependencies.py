"""Tells which shared libraries an ELF library loads, and which of them nothing provides."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_OF_THE_DRIVER: Final = ("libcuda.so", "libnvidia-", "libnvcuvid.so", "libcudadebugger.so")
"""Prefixes of libraries that come with the driver: an environment is also made on machines without one."""

_SYSTEM_FOLDERS: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_SYSTEM_TRIPLES: Final = ("x86_64-linux-gnu", "aarch64-linux-gnu")


def needed_libraries(path: Path) -> tuple[str, ...]:
    """Read the names of the libraries that a library needs (DT_NEEDED); none of a file that is no ELF library."""
    from elftools.common.exceptions import ELFError  # noqa: PLC0415 - 100 ms: only who asks for this pays them
    from elftools.elf.dynamic import DynamicSegment  # noqa: PLC0415
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            library = ELFFile(file)
            return tuple(
                str(entry.needed)  # type: ignore[attr-defined] # set by the library as an attribute of its tag's name
                for segment in library.iter_segments("PT_DYNAMIC")
                if isinstance(segment, DynamicSegment)
                for entry in segment.iter_tags("DT_NEEDED")
            )
    except (ELFError, OSError, ValueError, KeyError, AttributeError, MemoryError, OverflowError):
        return ()  # damage is told by the reader of GPU code, which reads the same files


def missing_libraries(
    libraries: Sequence[Path], environ: Mapping[str, str], *, system_folders: Iterable[str] | None = None
) -> dict[str, tuple[Path, ...]]:
    """Tell what no file of the environment or the system provides: name -> the libraries that need it.

    A library counts as provided wherever it lies in the environment: packages load theirs by path, or set a search
    path themselves. `system_folders` are those of the loader unless given.
    """
    provided = {path.name for path in libraries}
    folders = [*environ.get("LD_LIBRARY_PATH", "").split(":"), *(system_folders or _folders_of_the_loader())]
    missing: dict[str, list[Path]] = {}
    for path in libraries:
        for name in needed_libraries(path):
            if name in provided or name.startswith(_OF_THE_DRIVER):
                continue
            if any(folder and os.path.exists(f"{folder}/{name}") for folder in folders):  # noqa: PTH110 - many
                provided.add(name)
            else:
                missing.setdefault(name, []).append(path)
    return {name: tuple(found) for name, found in sorted(missing.items())}


def _folders_of_the_loader() -> list[str]:
    """List the folders that every Linux loader searches, and those of its configuration."""
    folders = [*_SYSTEM_FOLDERS]
    folders += [f"{folder}/{triple}" for folder in ("/lib", "/usr/lib") for triple in _SYSTEM_TRIPLES]
    for path in sorted(Path("/etc/ld.so.conf.d").glob("*.conf")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        folders += [line.strip() for line in lines if line.strip().startswith("/")]
    return folders
