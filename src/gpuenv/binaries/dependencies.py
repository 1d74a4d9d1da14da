"""Tells which shared libraries nothing provides, and which of the environment's are passed by for the system's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gpuenv.models.loading import LibraryNeeds

_OF_THE_DRIVER: Final = ("libcuda.so", "libnvidia-", "libnvcuvid.so", "libcudadebugger.so", "nvcuda.dll", "nvml.dll")
"""Prefixes of libraries that come with the driver: an environment is also made on machines without one."""

_SYSTEM_FOLDERS: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_SYSTEM_TRIPLES: Final = ("x86_64-linux-gnu", "aarch64-linux-gnu")

_WINDOWS_SETS: Final = ("api-ms-win-", "ext-ms-")
"""Prefixes of names that Windows resolves by itself: no files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loader:
    """Where the loader of an operating system looks beside the libraries of the environment."""

    first: tuple[str, ...]
    """Folders that go before a library's own search path, unless it asks for the contrary: `LD_LIBRARY_PATH`."""
    last: tuple[str, ...]
    ignores_case: bool = False


def linux_loader(environ: Mapping[str, str], *, system_folders: Iterable[str] | None = None) -> Loader:
    """Describe the loader of Linux; `system_folders` are those of its configuration unless given."""
    first = tuple(folder for folder in environ.get("LD_LIBRARY_PATH", "").split(":") if folder)
    return Loader(first=first, last=tuple(system_folders if system_folders is not None else _configured_folders()))


def windows_loader(environ: Mapping[str, str], *, python_folders: Iterable[str]) -> Loader:
    """Describe the loader of Windows; in the folders of Python lie copies of the MSVC runtime."""
    windows = environ.get("SYSTEMROOT") or environ.get("WINDIR") or "C:\\Windows"
    path = (folder for folder in environ.get("PATH", "").split(";") if folder)
    system = os.path.join(windows, "System32")  # noqa: PTH118 - in the manner of the system looked at
    return Loader(first=(), last=(*python_folders, system, windows, *path), ignores_case=True)


def missing_libraries(
    libraries: Mapping[Path, LibraryNeeds], names: Iterable[str], loader: Loader
) -> dict[str, tuple[Path, ...]]:
    """Tell what no file of the environment or the system provides: name -> the libraries that need it.

    A library counts as provided wherever it lies in the environment, by one of `names`: packages load theirs by path,
    or set a search path themselves. What a DLL loads when it is first called is not missed.
    """
    fold = str.casefold if loader.ignores_case else str
    provided = {fold(name) for name in names} | {fold(needs.name) for needs in libraries.values() if needs.name}
    missing: dict[str, list[Path]] = {}
    for path, needs in libraries.items():
        for name in needs.libraries:
            if fold(name) in provided or fold(name).startswith((*_OF_THE_DRIVER, *_WINDOWS_SETS)):
                continue
            if _first_with(name, (*loader.first, *loader.last)) is not None:
                provided.add(fold(name))
            else:
                missing.setdefault(name, []).append(path)
    return {name: tuple(found) for name, found in sorted(missing.items())}


def libraries_of_the_system_first(
    libraries: Mapping[Path, LibraryNeeds], names: Iterable[str], loader: Loader, *, environment: Path
) -> dict[str, tuple[Path, ...]]:
    """Tell which files outside the environment are loaded instead of its own: file -> the libraries that need it.

    `LD_LIBRARY_PATH` goes before DT_RUNPATH, and behind DT_RPATH.
    """
    inside = os.path.join(os.path.realpath(environment), "")  # noqa: PTH118 - with its separator
    folders = [folder for folder in loader.first if not os.path.realpath(folder).startswith(inside)]
    own = frozenset(names)
    found: dict[str, list[Path]] = {}
    for path, needs in libraries.items() if folders else ():
        for name in needs.libraries:
            if name not in own or (needs.searches_itself_first and _first_with(name, _search_path(path, needs))):
                continue
            outside = _first_with(name, folders)
            if outside is not None:
                found.setdefault(outside, []).append(path)
    return {name: tuple(paths) for name, paths in sorted(found.items())}


def _search_path(path: Path, needs: LibraryNeeds) -> Iterator[str]:
    for folder in needs.search_path:
        yield folder.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", str(path.parent))


def _first_with(name: str, folders: Iterable[str]) -> str | None:
    """Find the first folder that has a file of that name; the file's path."""
    return next((found for folder in folders if os.path.exists(found := os.path.join(folder, name))), None)  # noqa: PTH110, PTH118 - many


def _configured_folders() -> list[str]:
    """List the folders that every Linux loader searches, and those of its configuration."""
    folders = [*_SYSTEM_FOLDERS]
    folders += [f"{folder}/{triple}" for folder in ("/lib", "/usr/lib") for triple in _SYSTEM_TRIPLES]
    for path in sorted(Path("/etc/ld.so.conf.d").glob("*.conf")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        folders += [line.strip() for line in lines if line.strip().startswith("/")]
    return folders
