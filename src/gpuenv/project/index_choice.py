"""Decides where builds of the GPU family may come from: `--indexes`, `GPUENV_INDEXES`, and the user's find-links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.index import PYTORCH_INDEX_URL, Source, SourceKind
from gpuenv.models.request import IndexPolicy
from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings

_TAG_FOLDER: Final = re.compile(r"cu\d{2,3}|cpu|nightly")
_SCHEMES: Final = frozenset({"http", "https", "file"})
_PYTORCH: Final = Source(kind=SourceKind.PYTORCH, location=PYTORCH_INDEX_URL)
_PYPI: Final = Source(kind=SourceKind.PYPI)


def sources_for(
    choice: str | None, surroundings: Surroundings, settings: IndexSettings
) -> tuple[IndexPolicy, tuple[Source, ...]]:
    """Give the policy and the sources, in order of trust.

    `choice` is the value of `--indexes`; None: the variable `GPUENV_INDEXES`, else `auto`. The user's own find-links
    stand before every index but in `pytorch` and for a location, which mean that place alone. Raises `UsageError`
    (`indexes-unknown`, `indexes-folder-missing`) and, where pip's `no-index` leaves nothing, `no-source-left`.
    """
    chosen = (choice or surroundings.environ.get("GPUENV_INDEXES") or IndexPolicy.AUTO.value).strip()
    links = tuple(Source(kind=SourceKind.FIND_LINKS, location=place) for place in settings.find_links)
    match chosen:
        case IndexPolicy.PYTORCH.value:
            return IndexPolicy.PYTORCH, (_PYTORCH,)
        case IndexPolicy.PYPI.value:
            return IndexPolicy.PYPI, _not_empty((*links, *(() if settings.no_index else (_PYPI,))), settings)
        case IndexPolicy.AUTO.value:
            indexes = () if settings.no_index else (_PYTORCH, _PYPI)
            return IndexPolicy.AUTO, _not_empty((*links, *indexes), settings)
        case _:
            return IndexPolicy.LOCATION, (_location(chosen, surroundings),)


def _not_empty(sources: tuple[Source, ...], settings: IndexSettings) -> tuple[Source, ...]:
    if not sources:
        origin = next((found.origin for found in settings.origins if found.setting == "no-index"), None)
        raise GpuenvError("no-source-left", origin=origin)
    return sources


def _location(text: str, surroundings: Surroundings) -> Source:
    """Read a mirror's URL, or a folder of wheels."""
    scheme = urlsplit(text).scheme.lower()
    if "://" in text and scheme not in _SCHEMES:
        raise UsageError("indexes-unknown", choice=redact_url(text))
    if scheme in {"http", "https"}:
        is_page = urlsplit(text).path.endswith((".html", ".htm"))
        kind = SourceKind.FIND_LINKS if is_page else SourceKind.PYTORCH
        return Source(kind=kind, location=text if is_page else text.rstrip("/"))
    path = text
    if scheme == "file":
        from urllib.request import url2pathname  # noqa: PLC0415 - it brings a whole HTTP client

        path = url2pathname(urlsplit(text).path)
    folder = surroundings.home / path[2:] if path.startswith("~/") else surroundings.cwd / path
    if not folder.exists():
        looks_like_path = scheme == "file" or any(separator in path for separator in "/\\.~")
        raise UsageError("indexes-folder-missing" if looks_like_path else "indexes-unknown", choice=text)
    kind = SourceKind.PYTORCH if _has_tag_folders(folder) else SourceKind.FIND_LINKS
    return Source(kind=kind, location=str(folder))


def _has_tag_folders(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    try:
        return any(_TAG_FOLDER.fullmatch(found.name) and found.is_dir() for found in folder.iterdir())
    except OSError as error:
        raise UsageError("indexes-folder-unreadable", choice=str(folder), detail=str(error)) from error
