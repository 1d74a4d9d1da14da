"""Lists the native libraries of an environment, with the distribution that each belongs to."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from gpuenv.binaries.filenames import is_loaded, is_native
from gpuenv.errors import GpuenvError
from gpuenv.models.loading import NativeLibraries, SharedFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gpuenv.models.environment import InstalledDistribution

_MARKS: Final = (".so", ".pyd", ".dll", ".DLL")
"""One of them is in the name of every library that programs load."""
_PASSED_BY: Final = (".py", ".pyi", ".h", ".hpp", ".cuh", ".txt", ".json")
"""Endings of nearly all files of an environment: they need no closer look."""


class RecordRow(NamedTuple):
    """One line of a RECORD file."""

    path: str
    digest: str
    """`sha256=...`; empty where the line tells none."""


class Found(NamedTuple):
    """What a search through folders found."""

    files: list[str]
    links: list[str]


def native_libraries(
    site_packages: Path, distributions: Iterable[InstalledDistribution], *, further: Iterable[Path] = ()
) -> NativeLibraries:
    """List the libraries that the distributions' RECORD files name, and those in the folders that none names.

    Of links only the names are told, for what they lead to is listed. The distribution of a library that none owns
    (built in place, or copied) is None. `further` are folders beside site-packages, such as a source tree that is
    installed as editable.
    """
    claims: dict[str, dict[str, str]] = {}
    for distribution in distributions:
        for row in parse_record(_text(distribution.location / "RECORD")):
            path = os.path.normpath(distribution.location.parent / row.path)
            claims.setdefault(path, {})[distribution.name] = row.digest
    files: dict[str, None] = {}
    names: set[str] = set()
    for folder in (site_packages, *further):
        found = search(folder)
        files.update(dict.fromkeys(path for path in found.files if is_loaded(path)))
        names.update(os.path.basename(path) for path in (*found.links, *found.files))  # noqa: PTH119 - many
    for path in claims:
        if path not in files and os.path.isfile(path) and not os.path.islink(path):  # noqa: PTH113, PTH114 - many
            files[path] = None
            names.add(os.path.basename(path))  # noqa: PTH119 - many
    return NativeLibraries(
        files=tuple((Path(path), next(iter(claims.get(path, ())), None)) for path in sorted(files)),
        names=frozenset(names),
        shared=tuple(_shared(claims)),
    )


def parse_record(text: str) -> Iterator[RecordRow]:
    """Give the loadable libraries that a RECORD file names: `torch/lib/libc10.so,sha256=uWv...,1671217`."""
    for row in csv.reader(_lines_with_marks(text)):
        if row and is_loaded(row[0]):
            yield RecordRow(path=row[0], digest=row[1] if len(row) > 1 else "")


def native_files(folder: Path) -> Iterator[str]:
    """Find native libraries and object files below a folder; links, and folders that refuse, are passed over."""
    yield from search(folder).files


def search(folder: Path) -> Found:
    """Find native libraries and object files below a folder, and the links that are named like such."""
    found = Found(files=[], links=[])
    waiting = [os.path.normpath(folder)]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    waiting.append(entry.path)
            elif not entry.name.endswith(_PASSED_BY) and is_native(entry.name):
                if entry.is_symlink():
                    found.links.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    found.files.append(entry.path)
    return found


def _lines_with_marks(text: str) -> Iterator[str]:
    """Give the lines that can name a library: a RECORD has ten thousand others."""
    places = {line for mark in _MARKS for line in _line_starts(text, mark)}
    for start in sorted(places):
        end = text.find("\n", start)
        yield text[start : end if end >= 0 else len(text)].rstrip("\r")


def _line_starts(text: str, mark: str) -> Iterator[int]:
    at = text.find(mark)
    while at >= 0:
        yield text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        at = text.find(mark, end) if end >= 0 else -1


def _shared(claims: dict[str, dict[str, str]]) -> Iterator[SharedFile]:
    """Find the files that several distributions claim with different contents; a common copy harms nobody."""
    for path in sorted(claims):
        owners = claims[path]
        if len(owners) > 1 and len(set(owners.values())) > 1:
            yield SharedFile(path=path, distributions=tuple(sorted(owners)))


def _text(record: Path) -> str:
    """Read a RECORD; a distribution may have none (conda, editable installs)."""
    try:
        return record.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise GpuenvError("file-unreadable", path=str(record), detail=error.strerror or str(error)) from error
