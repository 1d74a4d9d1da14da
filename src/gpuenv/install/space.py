"""Compares the disk space that an install takes with what is free, file system by file system."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.install.engines.uv import cache_argv, engine_environment, find_uv
from gpuenv.models.value import dataclass
from gpuenv.process import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gpuenv.models.execution import EngineName


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What is to be installed, in bytes."""

    download: int
    """Of the wheels that have to be fetched."""
    unpacked: int
    """Of the files in all wheels."""
    in_cache: int = 0
    """Of those files, what the engine's cache holds unpacked already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The folders that an engine writes to."""

    environment: Path
    cache: Path
    """Where uv unpacks wheels and pip keeps the wheels themselves."""
    temporary: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is needed on one file system, in bytes."""

    folder: Path
    needed: int
    free: int

    @property
    def is_met(self) -> bool:
        """Whether there is room."""
        return self.needed <= self.free


def places_of(root: Path, engine: EngineName, environ: Mapping[str, str]) -> Places:
    """Find the folders; for uv by asking it."""
    temporary = Path(environ.get("TMPDIR") or tempfile.gettempdir())
    cache = Path(environ["PIP_CACHE_DIR"]) if environ.get("PIP_CACHE_DIR") else temporary
    if engine == "uv" and environ.get("UV_CACHE_DIR"):
        cache = Path(environ["UV_CACHE_DIR"])
    elif engine == "uv":
        asked = run(cache_argv(find_uv(environ)), env=engine_environment(environ))
        cache = Path(asked.stdout.strip()) if asked.succeeded and asked.stdout.strip() else temporary
    return Places(environment=root, cache=cache, temporary=temporary)


def demands(
    sizes: Sizes, places: Places, *, engine: EngineName, copies: bool = False, free: Callable[[Path], int] | None = None
) -> tuple[Demand, ...]:
    """What is needed where. On the same file system uv links out of its cache: files take space once.

    `copies`: uv is told to copy instead. `free` gives the free bytes of a folder's file system.
    """
    free = free or free_bytes
    writes: list[tuple[Path, int]] = []
    match engine:
        case "uv":
            writes.append((places.cache, sizes.unpacked - sizes.in_cache))
            if copies or device_of(places.cache) != device_of(places.environment):
                writes.append((places.environment, sizes.unpacked))
        case "pip":
            writes += [(places.temporary, sizes.download), (places.environment, sizes.unpacked)]
    needed: dict[int, tuple[Path, int]] = {}
    for folder, size in writes:
        device = device_of(folder)
        first, before = needed.get(device, (folder, 0))
        needed[device] = (first, before + size)
    return tuple(
        Demand(folder=existing(folder), needed=size, free=free(existing(folder))) for folder, size in needed.values()
    )


def first_unmet(found: Sequence[Demand]) -> Demand | None:
    """The file system that lacks most, or None."""
    unmet = [demand for demand in found if not demand.is_met]
    return max(unmet, key=lambda demand: demand.needed - demand.free, default=None)


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write to the file system of a folder."""
    return shutil.disk_usage(folder).free


def device_of(path: Path) -> int:
    """Which file system a path is on, or would be once it is made."""
    return existing(path).stat().st_dev


def existing(path: Path) -> Path:
    """The path itself, or the nearest folder above it that is there."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - links stay as they are
    return next(folder for folder in (path, *path.parents) if folder.exists())
