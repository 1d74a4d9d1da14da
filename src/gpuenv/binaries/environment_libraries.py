"""Lists the native libraries of an environment, with the distribution that each belongs to."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.binaries.filenames import is_loaded, is_native
from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gpuenv.models.environment import InstalledDistribution


def native_libraries(
    site_packages: Path, distributions: Iterable[InstalledDistribution]
) -> tuple[tuple[Path, str | None], ...]:
    """List the libraries that the distributions' RECORD files name, and those in site-packages that none names.

    Sorted by path; links are left out, for what they lead to is listed. The distribution of a library that none owns
    (built in place, or copied) is None.
    """
    owners: dict[str, str] = {}
    for distribution in distributions:
        for path in parse_record(_text(distribution.location / "RECORD")):
            owners[os.path.normpath(distribution.location.parent / path)] = distribution.name
    found = dict.fromkeys(path for path in native_files(site_packages) if is_loaded(path))
    for path in owners:
        if path not in found and os.path.isfile(path) and not os.path.islink(path):  # noqa: PTH113, PTH114 - many
            found[path] = None
    return tuple((Path(path), owners.get(path)) for path in sorted(found))


def parse_record(text: str) -> Iterator[str]:
    """Give the loadable libraries that a RECORD file names: `torch/lib/libc10.so,sha256=uWv...,1671217`."""
    lines = (line for line in text.splitlines() if any(mark in line for mark in (".so", ".pyd", ".dll", ".DLL")))
    for row in csv.reader(lines):
        if row and is_loaded(row[0]):
            yield row[0]


def native_files(folder: Path) -> Iterator[str]:
    """Find native libraries and object files below a folder; links, and folders that refuse, are passed over."""
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
            elif is_native(entry.name) and entry.is_file(follow_symlinks=False):
                yield entry.path


def _text(record: Path) -> str:
    """Read a RECORD; a distribution may have none (conda, editable installs)."""
    try:
        return record.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise GpuenvError("file-unreadable", path=str(record), detail=error.strerror or str(error)) from error
