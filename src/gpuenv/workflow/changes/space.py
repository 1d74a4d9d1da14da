"""Makes sure, before anything is changed, that the disk has room for a plan."""

from __future__ import annotations

import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.wheel_files import to_download
from gpuenv.install.space import Sizes, demands, device_of, first_unmet, places_of
from gpuenv.workflow.measuring.wheel_reading import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from packaging.version import Version

    from gpuenv.install.closures.wheel_files import WheelFiles
    from gpuenv.install.space import Demand, Places
    from gpuenv.models.execution import EngineName, LockedPackage
    from gpuenv.models.plan import Install
    from gpuenv.models.settings import IndexSettings

_AT_MOST: Final = {"torch": 3 * 2**30, "nvidia": 2**30, "onnxruntime": 2**30, "triton": 2**28}
"""What a wheel of unknown size is taken for at first, by the first word of its name: more than any such wheel has."""
_OTHERS_AT_MOST: Final = 2**26
_UNPACKS_TO: Final = 3
"""No CUDA wheel unpacks to more than so many times its size (torch 2.15.0: 1.8 times)."""
_AT_ONCE: Final = 8
_UNIT: Final = 2**20


def require_space(
    steps: Sequence[Install],
    files: WheelFiles,
    *,
    root: Path,
    python: Path,
    engine: EngineName,
    settings: IndexSettings,
    environ: Mapping[str, str],
    free: Callable[[Path], int] | None = None,
) -> None:
    """Raise `not-enough-disk` where the plan does not fit, with the numbers.

    A generous estimate comes first, for most disks have room; only where that does not fit are the wheels asked for
    their sizes, packed and unpacked, and uv for what its cache has already. A size that nobody tells counts as none.
    """
    if not steps:
        return
    places = places_of(root, engine, environ)
    copies = environ.get("UV_LINK_MODE") in {"copy", "clone"}
    is_linking = engine == "uv" and not copies and device_of(places.cache) == device_of(places.environment)
    if is_linking and files.to_download == 0:
        return
    known = {(found.project, found.version): found for found in files.packages}
    unmet = partial(_unmet, places=places, engine=engine, copies=copies, free=free)
    if unmet(_estimated(steps, known)) is None:
        return

    def measure(step: Install) -> Sizes:
        found = _measure(known.get((step.project, step.version)), settings)
        if engine == "uv" and to_download([step], python=python, settings=settings, environ=environ) == 0:
            return Sizes(download=0, unpacked=found.unpacked, in_cache=found.unpacked)
        return found

    with ThreadPoolExecutor(_AT_ONCE) as readers:
        sizes = _added_up(list(readers.map(measure, steps)))
    short = unmet(sizes)
    if short is not None:
        raise GpuenvError(
            "not-enough-disk",
            folder=str(short.folder),
            needed=_shown(short.needed),
            free=_shown(short.free),
            download=_shown(sizes.download),
        )


def _unmet(
    sizes: Sizes, *, places: Places, engine: EngineName, copies: bool, free: Callable[[Path], int] | None
) -> Demand | None:
    """Name the file system that lacks most for these sizes."""
    return first_unmet(demands(sizes, places, engine=engine, copies=copies, free=free))


def _estimated(steps: Sequence[Install], known: Mapping[tuple[str, Version], LockedPackage]) -> Sizes:
    """Take wheels for as large as they could be."""
    download = sum(_at_most(step, known.get((step.project, step.version))) for step in steps)
    return Sizes(download=download, unpacked=download * _UNPACKS_TO)


def _added_up(measured: Sequence[Sizes]) -> Sizes:
    return Sizes(
        download=sum(found.download for found in measured),
        unpacked=sum(found.unpacked for found in measured),
        in_cache=sum(found.in_cache for found in measured),
    )


def _at_most(step: Install, file: LockedPackage | None) -> int:
    if file is not None and file.size_bytes:
        return file.size_bytes
    return _AT_MOST.get(step.project.partition("-")[0], _OTHERS_AT_MOST)


def _measure(file: LockedPackage | None, settings: IndexSettings) -> Sizes:
    """Read the directory of a wheel; where it cannot be read, what the index says of it counts."""
    if file is None:
        return Sizes(download=0, unpacked=0)
    least = Sizes(download=file.size_bytes or 0, unpacked=file.size_bytes or 0)
    if file.url is None:
        return least
    try:
        with opened(file.url, settings) as stream, zipfile.ZipFile(stream) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            return Sizes(download=file.size_bytes or stream.seek(0, 2), unpacked=unpacked)
    except (GpuenvError, OSError, zipfile.BadZipFile):
        return least


def _shown(size: int) -> str:
    """Write a size in MiB, or from 10 GiB on in GiB."""
    return f"{size / _UNIT:.0f} MiB" if size < 10 * 2**30 else f"{size / 2**30:.1f} GiB"
