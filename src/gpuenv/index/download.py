"""Fetches whole files that uv named, each checked against the hash that it has to have."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from gpuenv.errors import GpuenvError
from gpuenv.index.credentials import with_credentials_of, without_credentials
from gpuenv.index.folder import folder_of
from gpuenv.index.remote_file import RemoteFile
from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from gpuenv.models.settings import IndexSettings

_CHUNK: Final = 4 * 1024 * 1024


def download(
    location: str,
    path: Path,
    *,
    sha256: str,
    settings: IndexSettings,
    on_progress: Callable[[int, int | None], None],
) -> bool:
    """Put a file at `path`, whole or not at all; False where it lies there already.

    `location` is an address or a path. `on_progress` hears of bytes done and in all. Raises the codes of `RemoteFile`,
    `vendored-file-damaged` where the content is not what was locked, and `vendored-file-not-stored`.
    """
    try:
        if path.is_file() and _digest(path) == sha256:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as partial:
            name = Path(partial.name)
            try:
                _check(_copy(location, partial, settings, on_progress), sha256, path.name, location)
            except BaseException:
                partial.close()
                name.unlink()
                raise
        name.chmod(0o644)
        name.replace(path)
    except OSError as error:
        raise GpuenvError("vendored-file-not-stored", path=str(path), detail=error.strerror or str(error)) from error
    return True


def read_file(location: str, *, settings: IndexSettings) -> bytes:
    """Read a small file, such as a source archive, into memory. Raises the codes of `RemoteFile`, or `OSError`."""
    local = folder_of(location)
    if local is not None:
        return local.read_bytes()
    with RemoteFile(_with_credentials(location, settings), settings) as file:
        return file.read()


def _copy(
    location: str, target: IO[bytes], settings: IndexSettings, on_progress: Callable[[int, int | None], None]
) -> str:
    """Copy to an open file; gives the SHA-256 of what came."""
    local = folder_of(location)
    if local is not None:
        with local.open("rb") as source:
            return _copied(source, target, local.stat().st_size, on_progress)
    with RemoteFile(_with_credentials(location, settings), settings) as remote:
        return _copied(remote, target, remote.size, on_progress)


def _check(came: str, wanted: str, name: str, location: str) -> None:
    if came != wanted:
        raise GpuenvError("vendored-file-damaged", file=name, place=redact_url(location), wanted=wanted, came=came)


def _copied(
    source: BinaryIO | RemoteFile, target: IO[bytes], size: int, on_progress: Callable[[int, int | None], None]
) -> str:
    digest, done = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        target.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        on_progress(done, size)
    return digest.hexdigest()


def _with_credentials(url: str, settings: IndexSettings) -> str:
    """Put back the credentials of the index that the file is on: uv leaves them out of what it writes."""
    if without_credentials(url)[1] is not None:
        return url
    places = (settings.index_url or "", *settings.extra_index_urls, *settings.find_links)
    known = (with_credentials_of(url, place) for place in places if place)
    return next((found for found in known if found != url), url)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
