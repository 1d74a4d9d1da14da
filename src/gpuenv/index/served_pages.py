"""Reads what a source on a server lists for one project."""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from packaging.utils import canonicalize_name

from gpuenv.errors import GpuenvError
from gpuenv.index.credentials import with_credentials_of, without_credentials
from gpuenv.index.listing import Listing, NotAListingError, parse_html, parse_json
from gpuenv.index.mirror import within_mirror
from gpuenv.index.page_cache import PageCache, validators
from gpuenv.index.transport import Transport
from gpuenv.index.wheels import indexed_wheels
from gpuenv.models.index import PYTORCH_INDEX_URL, IndexedWheel, ProjectPage, SourceKind
from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from packaging.utils import NormalizedName

    from gpuenv.index.transport import Answer
    from gpuenv.models.index import Source
    from gpuenv.models.settings import IndexSettings

Holds: TypeAlias = Literal["files", "pages"]
"""What a page is expected to link to: files, or (also) the pages of projects and tags."""

_ACCEPT: Final = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1, */*;q=0.01"
)
_NAMES_OF_A_BASE: Final = re.compile(r"cu\d{2,3}|cpu|nightly|torch|torchvision|torchaudio")
"""What the page at the base of PyTorch-style indexes lists: tags (mirrors), or projects (PyTorch itself)."""


def read_served_page(
    source: Source,
    tag: str | None,
    project: NormalizedName,
    *,
    settings: IndexSettings,
    cache: Path | None,
    now: float | None,
    sleep: Callable[[float], None],
) -> ProjectPage:
    """Read the page of a source that is no folder; arguments and errors as those of `read_project_page`."""
    location = source.location or PYTORCH_INDEX_URL
    with Transport(settings, sleep=sleep) as transport:
        reader = _Reader(transport, PageCache(folder=cache, now=now))
        if source.kind is SourceKind.FIND_LINKS:
            listing, is_flat = reader.existing(location, holds="files"), True
        else:
            listing, is_flat = _find_on_index(reader, location.rstrip("/"), tag, project)
    wheels = tuple(_at_home(wheel, location) for wheel in indexed_wheels(listing.links, project))
    return ProjectPage(source=source, tag=tag, project=project, wheels=wheels, is_flat=is_flat)


def remembered_page(source: Source, tag: str | None, project: str, *, cache: Path) -> ProjectPage | None:
    """Give a page on a server as it was when it was last read, without asking; None where it never was."""
    name = canonicalize_name(project)
    location = source.location or PYTORCH_INDEX_URL
    index = f"{location.rstrip('/')}/{tag}" if tag else location.rstrip("/")
    places: tuple[tuple[str, bool], ...] = ((location, True),)
    if source.kind is not SourceKind.FIND_LINKS:
        places = ((f"{index}/{name}/", False), (f"{index}/", True))
    for url, is_flat in places:
        answer = PageCache(folder=cache).load(url)
        if answer is not None:
            try:
                listing = _listing(answer, redact_url(url), holds="pages")
            except GpuenvError:
                continue
            wheels = tuple(_at_home(wheel, location) for wheel in indexed_wheels(listing.links, name))
            return ProjectPage(source=source, tag=tag, project=name, wheels=wheels, is_flat=is_flat)
    return None


def _find_on_index(reader: _Reader, base: str, tag: str | None, project: NormalizedName) -> tuple[Listing, bool]:
    """Find what a PyTorch-style index has of a project, and tell whether the page is that of all projects.

    A missing page and a closed index look alike: PyTorch's own server answers 403 for what is not there. So a 403 or
    404 is believed only where the page above it can be read: the index's, which then does not list the project (or
    lists the wheels themselves, as flat mirrors do), or the base's, which then does not list the tag.
    """
    index = f"{base}/{tag}" if tag else base
    page = reader.listing(f"{index}/{project}/", holds="files")
    if isinstance(page, Listing):
        return page, False
    above = reader.listing(f"{index}/", holds="pages")
    if isinstance(above, Listing):
        if project in above.children:
            raise page
        return above, bool(above.links)
    if tag is None:
        raise above
    top = reader.existing(f"{base}/", holds="pages")
    if not any(_NAMES_OF_A_BASE.fullmatch(child) for child in top.children):
        raise GpuenvError("index-not-an-index", url=redact_url(f"{base}/"), detail="text/html")
    return Listing(), False


def _at_home(wheel: IndexedWheel, location: str) -> IndexedWheel:
    """Give the wheel with the address that it is to be fetched from: on the mirror, with the credentials for it."""
    base, _ = without_credentials(location)
    url = wheel.url if base.rstrip("/") == PYTORCH_INDEX_URL else within_mirror(wheel.url, base)
    return replace(wheel, url=with_credentials_of(url, location))


class _Reader:
    """Reads listings through the cache."""

    def __init__(self, transport: Transport, cache: PageCache) -> None:
        self._transport = transport
        self._cache = cache

    def existing(self, url: str, *, holds: Holds) -> Listing:
        """Read a listing that has to be there."""
        listing = self.listing(url, holds=holds)
        if isinstance(listing, GpuenvError):
            raise listing
        return listing

    def listing(self, url: str, *, holds: Holds) -> Listing | GpuenvError:
        """Read a listing; one that is not there (403, 404) is returned as the error that it may or may not be."""
        shown = redact_url(url)
        fresh = self._cache.fresh(url)
        if fresh is not None:
            return _listing(fresh, shown, holds=holds)
        cached = self._cache.load(url)
        answer = self._transport.get(url, headers={"Accept": _ACCEPT, **validators(cached)})
        match answer.status:
            case HTTPStatus.OK:
                listing = _listing(answer, shown, holds=holds)
                self._cache.store(url, answer)
                return listing
            case HTTPStatus.NOT_MODIFIED if cached is not None:
                self._cache.confirm(url, cached, answer)
                return _listing(cached, shown, holds=holds)
            case HTTPStatus.FORBIDDEN:
                return GpuenvError("index-forbidden", url=shown)
            case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
                return GpuenvError("index-not-found", url=shown)
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                raise GpuenvError("index-needs-credentials", url=shown)
            case status:
                raise GpuenvError("index-answered-error", url=shown, status=status)


def _listing(answer: Answer, shown: str, *, holds: Holds) -> Listing:
    """Parse a page by its media type; raises `index-not-an-index` where it is something else."""
    try:
        if answer.content_type.endswith("json"):
            listing = parse_json(answer.body, answer.url)
        else:
            listing = parse_html(answer.body.decode(errors="replace"), answer.url)
    except NotAListingError as error:
        raise GpuenvError("index-not-an-index", url=shown, detail=str(error)) from error
    is_one = listing.is_listing or (holds == "pages" and bool(listing.children))
    if not is_one:
        raise GpuenvError("index-not-an-index", url=shown, detail=answer.content_type or "-")
    return listing
