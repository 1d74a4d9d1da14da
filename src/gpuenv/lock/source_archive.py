"""Reads from a source archive what the package depends on, where it states that without being built (PEP 643)."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import Final

from packaging.metadata import parse_email
from packaging.version import InvalidVersion, Version

from gpuenv.models.execution import StatedMetadata

_FIRST: Final = Version("2.2")
"""The first metadata version that says which fields a build may change."""
_FIELDS: Final = frozenset({"requires-dist", "requires-python", "provides-extra", "version"})
_LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a PKG-INFO; real ones have some KB."""


def stated_metadata(content: bytes) -> StatedMetadata | None:
    """Read the PKG-INFO of a .tar.gz or .zip; None where only a build tells what the package depends on."""
    text = _metadata_text(content)
    if text is None:
        return None
    found, _ = parse_email(text)
    try:
        version = Version(found.get("metadata_version", "0"))
    except InvalidVersion:
        return None
    if version < _FIRST or "version" not in found or _FIELDS & {name.lower() for name in found.get("dynamic", [])}:
        return None
    return StatedMetadata(
        version=found["version"],
        requires=tuple(found.get("requires_dist", ())),
        requires_python=found.get("requires_python"),
    )


def _metadata_text(content: bytes) -> bytes | None:
    """Find PKG-INFO in the archive's top folder."""
    try:
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for info in archive.infolist():
                    if _is_metadata(info.filename) and info.file_size <= _LARGEST:
                        return archive.read(info)
            return None
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for member in tar:
                if member.isfile() and _is_metadata(member.name) and member.size <= _LARGEST:
                    opened = tar.extractfile(member)
                    return opened.read() if opened is not None else None
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError):
        return None
    return None


def _is_metadata(name: str) -> bool:
    return name.removeprefix("./").count("/") == 1 and name.endswith("/PKG-INFO")
