"""Sees to it that there is room for files that uv has to download for their hash, and says that it will."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.resolution import Pin
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.locks.work import Work

_MEGABYTE: Final = 1_000_000


def make_room(pins: Sequence[Pin], work: Work) -> None:
    """Say which files are downloaded because no index publishes their hash. Raises `lock-no-space`."""
    from gpuenv.index.remote_file import RemoteFile  # noqa: PLC0415 - indexes publish hashes as a rule

    folder = cache_of_uv(work.surroundings)
    for pin in pins:
        url = pin.unhashed_url or ""
        if not url.startswith(("http://", "https://")) or work.options.is_offline:
            continue
        with RemoteFile(url, work.resolved.settings) as file:
            size = file.size
        work.reporter.stage("lock-hashing", project=pin.project, megabytes=str(max(1, size // _MEGABYTE)))
        check_room(folder, size, project=pin.project)


def check_room(folder: Path, size_bytes: int, *, project: str) -> None:
    """Raise `lock-no-space` where a file does not fit on the disk that a folder is, or will be, on."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < size_bytes:
        raise GpuenvError(
            "lock-no-space",
            project=project,
            folder=str(folder),
            needs=max(1, size_bytes // _MEGABYTE),
            free=free // _MEGABYTE,
        )


def cache_of_uv(surroundings: Surroundings) -> Path:
    """Name the folder that uv keeps downloads in."""
    chosen = surroundings.environ.get("UV_CACHE_DIR")
    if chosen:
        return surroundings.cwd / chosen
    base = surroundings.environ.get("XDG_CACHE_HOME") or surroundings.environ.get("LOCALAPPDATA")
    return (Path(base) if base else surroundings.home / ".cache") / "uv"
