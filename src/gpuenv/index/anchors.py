"""Reads the anchors of an HTML page: which files and which pages below it does it link to."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from packaging.utils import canonicalize_name

from gpuenv.index.listing import Link

_FILES: Final = (".whl", ".tar.gz", ".zip")
_SHA256: Final = re.compile(r"(?:^|&)sha256=([0-9a-fA-F]{64})(?:&|$)")
_DECLARES: Final = re.compile(r"\s*(links for|index of|simple index|directory listing|directory:)", re.IGNORECASE)
"""How servers head a listing: PEP 503 indexes, nginx and Apache, pypiserver, Python's http.server, Caddy."""


class AnchorReader(HTMLParser):
    """Gathers the anchors of a page."""

    def __init__(self, url: str) -> None:
        """Take the address that the page was fetched from."""
        super().__init__(convert_charrefs=True)
        self.links: list[Link] = []
        self.children: set[str] = set()
        self.is_declared = False
        self._base = url
        self._page = url
        self._heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an anchor, or what says something of the page."""
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
        """Leave a heading."""
        if tag in {"title", "h1"}:
            self._heading = False

    def handle_data(self, data: str) -> None:
        """Read a heading."""
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
