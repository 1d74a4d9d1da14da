"""Keeps what was read of remote wheels, by URL and by the directory of the archive, which is read each time."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any, Final

from gpuenv import __version__
from gpuenv.binaries.wheel import BROKEN_ARCHIVE
from gpuenv.models.binaries import InspectedFile
from gpuenv.models.loading import LibraryFacts, LibraryNeeds
from gpuenv.models.value import dataclass
from gpuenv.project.cache_files import keep_file, kept_file
from gpuenv.workflow.libraries.kept import library_as_json, library_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteWheel:
    """One wheel on a server."""

    url: str
    """Without credentials."""
    digest: str
    """As `directory_digest` makes it: another one is another file."""
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWheels:
    """The wheels that this user had read, in a folder that need not exist; what cannot be kept is read again."""

    folder: Path

    def load(self, wheel: RemoteWheel, *, is_thorough: bool) -> tuple[InspectedFile, ...] | None:
        """Give its libraries if they were read before: wholly, or in part where that is enough."""
        for whole in (True,) if is_thorough else (True, False):
            content = kept_file(self._path(wheel, is_thorough=whole))
            files = _parsed(content) if content is not None else None
            if files is not None:
                return files
        return None

    def store(self, wheel: RemoteWheel, files: Sequence[InspectedFile], *, is_thorough: bool) -> None:
        """Keep its libraries."""
        kept = {"format": _FORMAT, "gpuenv": __version__, "files": [_as_json(file) for file in files]}
        keep_file(self._path(wheel, is_thorough=is_thorough), json.dumps(kept).encode())

    def _path(self, wheel: RemoteWheel, *, is_thorough: bool) -> Path:
        facts = json.dumps((wheel.url, wheel.digest, wheel.size, is_thorough))
        return self.folder / f"{hashlib.sha256(facts.encode()).hexdigest()[:32]}.json"


def directory_digest(file: IO[bytes]) -> str:
    """The SHA-256 of an archive's directory, which holds the size and the CRC of every member; "" for no archive.

    Not every server has an ETag, and not every page hashes. `file` is a seekable one, binary.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = [
                (found.filename, found.CRC, found.file_size, found.header_offset) for found in archive.infolist()
            ]
    except BROKEN_ARCHIVE:
        return ""  # whoever reads it tells what is wrong with it
    return hashlib.sha256(json.dumps(members).encode()).hexdigest()


def _as_json(file: InspectedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "distribution": file.distribution,
        "partial": file.summary.is_partial,
        "library": library_as_json(LibraryFacts(code=file.summary, needs=LibraryNeeds())),
    }


def _parsed(content: bytes) -> tuple[InspectedFile, ...] | None:
    """Read what was kept; None for what another version of gpuenv wrote, or nobody did."""
    try:
        kept = json.loads(content)
        if (kept["format"], kept["gpuenv"]) != (_FORMAT, __version__):
            return None
        return tuple(_file_from(file) for file in kept["files"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _file_from(kept: dict[str, Any]) -> InspectedFile:
    """Make a file again, of which nothing had to be fetched."""
    summary = replace(library_from(kept["library"]).code, is_partial=bool(kept["partial"]))
    distribution = kept["distribution"]
    return InspectedFile(
        path=str(kept["path"]),
        distribution=None if distribution is None else str(distribution),
        summary=summary,
        bytes_read=0,
    )
