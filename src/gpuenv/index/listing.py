"""Reads the pages of package indexes: PEP 503 HTML, PEP 691 JSON, and whatever else lists files by links."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from packaging.utils import canonicalize_name

_FILES: Final = (".whl", ".tar.gz", ".zip")
_SHA256: Final = re.compile(r"(?:^|&)sha256=([0-9a-fA-F]{64})(?:&|$)")
_DECLARES: Final = re.compile(r"\s*(links for|index of|simple index|directory listing|directory:)", re.IGNORECASE)
"""How servers head a listing: PEP 503 indexes, nginx and Apache, pypiserver, Python's http.server, Caddy."""


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
    reader = _AnchorReader(url)
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


class _AnchorReader(HTMLParser):
    """Gathers the anchors of a page."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[Link] = []
        self.children: set[str] = set()
        self.is_declared = False
        self._base = url
        self._page = url
        self._heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        match tag:
            case "base" if attributes.get("href"):
                self._base = urljoin(self._page, attributes["href"] or "")
            case "a" if attributes.get("href"):
                self._anchor(attributes["href"] or "", attributes)
            case "meta" if attributes.get("name") == "pypi:repository-version":
                self.is_declared = True
            case "title" | "h1":
                self._heading = True
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if tag in {"title", "h1"}:
            self._heading = False

    def handle_data(self, data: str) -> None:
        if self._heading and _DECLARES.match(data):
            self.is_declared = True

    def _anchor(self, href: str, attributes: dict[str, str | None]) -> None:
        try:
            target, _, fragment = urljoin(self._base, href.strip()).partition("#")
            path = urlsplit(target).path
        except ValueError:  # a broken IPv6 literal, for one: such a link leads nowhere
            return
        name = unquote(path.rpartition("/")[2])
        if name.endswith(_FILES):
            digest = _SHA256.search(fragment)
            self.links.append(
                Link(
                    filename=name,
                    url=target,
                    sha256=digest.group(1).lower() if digest else None,
                    requires_python=attributes.get("data-requires-python") or None,
                    is_yanked="data-yanked" in attributes,
                )
            )
            return
        parent = urljoin(self._page, ".")
        below = target.removeprefix(parent).partition("?")[0].strip("/") if target.startswith(parent) else ""
        if below and "/" not in below and below not in {".", ".."}:
            self.children.add(canonicalize_name(unquote(below)))
