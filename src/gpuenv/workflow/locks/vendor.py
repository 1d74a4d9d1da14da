"""Copies every locked file into one folder, from which machines without a network install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.lock.files import two_hashes
from gpuenv.workflow.locks.room import check_room
from gpuenv.workflow.locks.work import Vendored

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gpuenv.lock.files import LockedFile
    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings


def vendor_files(
    files: Iterable[LockedFile], folder: Path, *, settings: IndexSettings, is_offline: bool, reporter: Reporter
) -> Vendored:
    """Download what is not there yet, each file checked against its hash.

    Raises `lock-wheel-two-hashes` where two locks name one file with different content, `lock-vendor-offline`,
    `lock-no-space` and the codes of `download`.
    """
    from gpuenv.index.download import download  # noqa: PLC0415 - only where files are wanted

    chosen: dict[str, LockedFile] = {}
    for file in files:
        known = chosen.setdefault(file.filename, file)
        if known.sha256 != file.sha256:
            raise two_hashes(file.filename, known.folder, file.folder)
    downloaded = size = 0
    for name, file in sorted(chosen.items()):
        path = folder / name
        if is_offline and not file.is_local and not path.is_file():
            raise GpuenvError("lock-vendor-offline", file=name)
        if file.size_bytes is not None and not path.is_file():
            check_room(folder, file.size_bytes, project=file.project)
        if not path.is_file():
            reporter.stage("lock-vendoring", file=name)

        def heard(done: int, total: int | None, name: str = name) -> None:
            reporter.progress(name, done, total)

        downloaded += download(file.location, path, sha256=file.sha256, settings=settings, on_progress=heard)
        size += path.stat().st_size
    return Vendored(folder=folder, files=len(chosen), size_bytes=size, downloaded=downloaded)
