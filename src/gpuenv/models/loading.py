"""What the loader of the operating system needs to know about a native library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.binaries import CodeSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryNeeds:
    """The libraries that one library is linked with, and where it has them looked for."""

    libraries: tuple[str, ...] = ()
    """File names, in the order in which they are loaded: DT_NEEDED, or the import table of a DLL."""
    delayed: tuple[str, ...] = ()
    """File names that a DLL loads when it first calls them."""
    name: str | None = None
    """What others call it (DT_SONAME); None: its file name."""
    search_path: tuple[str, ...] = ()
    """Folders of DT_RUNPATH, else of DT_RPATH, as written: `$ORIGIN/../lib`."""
    searches_itself_first: bool = False
    """Its search path goes before `LD_LIBRARY_PATH`: DT_RPATH, and no DT_RUNPATH."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFacts:
    """All that is read from one library of an environment."""

    code: CodeSummary
    needs: LibraryNeeds


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """A library that several distributions have installed to one place, each with its own contents."""

    path: str
    distributions: tuple[str, ...]
    """Ascending. What lies there is of one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeLibraries:
    """The native libraries of an environment."""

    files: tuple[tuple[Path, str | None], ...]
    """Ascending by path, each with its distribution; None for one that no distribution owns."""
    names: frozenset[str]
    """File names under which the environment provides a library, those of links included."""
    shared: tuple[SharedFile, ...] = ()
