"""Reads the pages of package indexes: PEP 503 HTML, PEP 691 JSON, and whatever else lists files by links."""

from __future__ import annotations

import json
from dataclasses import field
from typing import Any
from urllib.parse import urljoin

from packaging.utils import canonicalize_name

from gpuenv.models.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One file that a page lists."""

    filename: str
    """Decoded: `+`, not `%2B`."""
    url: str = field(repr=False)
    """Absolute, without fragment."""
    sha256: str | None = None
    size_bytes: int | None = None
    requires_python: str | None = None
    is_yanked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page."""

    links: tuple[Link, ...] = ()
    """Distribution files, in the order of the page."""
    children: frozenset[str] = frozenset()
    """Canonical names of the pages directly below this one: projects of an index, tags of a base."""
    is_declared: bool = False
    """Whether the page says that it is a listing, even if it lists nothing."""

    @property
    def is_listing(self) -> bool:
        """Whether this is a page of files at all: a login page or a proxy's apology is not."""
        return self.is_declared or bool(self.links)


class NotAListingError(ValueError):
    """The bytes cannot be read as the kind of page that they claim to be."""


def parse_html(text: str, url: str) -> Listing:
    """Read an HTML page that was fetched from `url`.

    Sample: tests/data/index/torch-cu130.html. Anything is HTML; whether it is a listing, the result says.
    """
    from gpuenv.index.anchors import AnchorReader  # noqa: PLC0415 - a folder of wheels has no page

    reader = AnchorReader(url)
    reader.feed(text)
    reader.close()
    return Listing(
        links=tuple(reader.links),
        children=frozenset(reader.children),
        is_declared=reader.is_declared,
    )


def parse_json(text: str | bytes, url: str) -> Listing:
    """Read a PEP 691 page (project or root) that was fetched from `url`.

    Sample: tests/data/index/torch-cu130.json. Raises `NotAListingError` where it is none of major version 1.
    """
    try:
        page = json.loads(text)
        if str(page["meta"]["api-version"]).partition(".")[0] != "1":
            raise NotAListingError(str(page["meta"]["api-version"]))
        links = [_json_link(file, url) for file in page.get("files", ())]
        projects = [str(project["name"]) for project in page.get("projects", ())]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAListingError(str(error)) from error
    return Listing(
        links=tuple(links), children=frozenset(canonicalize_name(name) for name in projects), is_declared=True
    )


def _json_link(file: dict[str, Any], url: str) -> Link:
    digest = file.get("hashes", {}).get("sha256")
    size = file.get("size")
    requires_python = file.get("requires-python")
    return Link(
        filename=str(file["filename"]),
        url=urljoin(url, str(file["url"])).partition("#")[0],
        sha256=str(digest).lower() if digest else None,
        size_bytes=size if isinstance(size, int) else None,
        requires_python=str(requires_python) if requires_python else None,
        # PEP 691: false, true, or the reason, where an empty reason means not yanked
        is_yanked=bool(file.get("yanked", False)),
    )
