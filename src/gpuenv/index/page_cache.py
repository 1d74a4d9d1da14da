"""Keeps pages of indexes between runs; each use asks the server again, unless that said how long it need not be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.index.transport import Answer
from gpuenv.models.settings import redact_url
from gpuenv.models.value import dataclass
from gpuenv.project.cache_files import keep_file, kept_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FORMAT: Final = 1
_HTTP_OK: Final = 200
_LONGEST_S: Final = 600.0
"""No page is believed for longer without asking, whatever the server says: clocks are wrong, and so are servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCache:
    """A folder with one file per page: a line of JSON about it, then its bytes.

    A file that cannot be read, for whatever reason, or that somebody else can have written, is a page that is not
    there. A folder that cannot be written costs time, nothing else.
    """

    folder: Path | None
    """None keeps nothing."""
    now: float | None = None
    """Seconds since the epoch; None believes no page without asking."""

    def load(self, url: str) -> Answer | None:
        """Give the page as it was answered the last time, or None."""
        known = self._load(url)
        return None if known is None else known[0]

    def fresh(self, url: str) -> Answer | None:
        """Give the page where the server said that it need not be asked again yet; None where it has to be.

        A page from the future is none: the clock was set.
        """
        known = self._load(url) if self.now is not None else None
        if known is None or self.now is None:
            return None
        answer, read_at = known
        return answer if 0 <= self.now - read_at < min(answer.fresh_s, _LONGEST_S) else None

    def _load(self, url: str) -> tuple[Answer, float] | None:
        """Read a page, and when it was answered."""
        path = self._path(url)
        content = kept_file(path) if path is not None else None
        if content is None:
            return None
        head, _, body = content.partition(b"\n")
        try:
            facts = json.loads(head)
            if facts["format"] != _FORMAT or facts["sha256"] != hashlib.sha256(body).hexdigest():
                return None
            answer = Answer(
                url=str(facts["url"]),
                status=_HTTP_OK,
                content_type=str(facts["content_type"]),
                body=body,
                etag=facts["etag"],
                last_modified=facts["last_modified"],
                fresh_s=float(facts.get("fresh_s", 0.0)),
            )
            return answer, float(facts.get("read_at", 0.0))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def confirm(self, url: str, page: Answer, answer: Answer) -> None:
        """Note that a page is still the same; worth the disk where the server says for how long."""
        if answer.fresh_s > 0:
            self.store(url, replace(page, fresh_s=answer.fresh_s))

    def store(self, url: str, answer: Answer) -> None:
        """Keep a page that can be revalidated; others are not worth the disk.

        Two processes that keep the same page at once leave one of both, whole.
        """
        path = self._path(url)
        if path is None or not (answer.etag or answer.last_modified):
            return
        facts = {
            "format": _FORMAT,
            "url": answer.url,
            "content_type": answer.content_type,
            "etag": answer.etag,
            "last_modified": answer.last_modified,
            "fresh_s": answer.fresh_s,
            "read_at": self.now or 0.0,
            "sha256": hashlib.sha256(answer.body).hexdigest(),
        }
        keep_file(path, json.dumps(facts).encode() + b"\n" + answer.body)

    def _path(self, url: str) -> Path | None:
        if self.folder is None:
            return None
        return self.folder / f"{hashlib.sha256(redact_url(url).encode()).hexdigest()[:32]}.page"


def validators(cached: Answer | None) -> Mapping[str, str]:
    """Make the request headers that ask whether a page is still the same."""
    if cached is None:
        return {}
    headers = {"If-None-Match": cached.etag, "If-Modified-Since": cached.last_modified}
    return {name: value for name, value in headers.items() if value}
