"""Keeps pages of indexes between runs; each use is revalidated with the server."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from gpuenv.index.transport import Answer
from gpuenv.models.settings import redact_url
from gpuenv.models.value import dataclass
from gpuenv.project.cache_files import keep_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FORMAT: Final = 1
_HTTP_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCache:
    """A folder with one file per page: a line of JSON about it, then its bytes.

    A file that cannot be read, for whatever reason, is a page that is not there. A folder that cannot be written
    costs time, nothing else.
    """

    folder: Path | None
    """None keeps nothing."""

    def load(self, url: str) -> Answer | None:
        """Give the page as it was answered the last time, or None."""
        path = self._path(url)
        if path is None:
            return None
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            facts = json.loads(head)
            if facts["format"] != _FORMAT or facts["sha256"] != hashlib.sha256(body).hexdigest():
                return None
            return Answer(
                url=str(facts["url"]),
                status=_HTTP_OK,
                content_type=str(facts["content_type"]),
                body=body,
                etag=facts["etag"],
                last_modified=facts["last_modified"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def store(self, url: str, answer: Answer) -> None:
        """Keep a page that can be revalidated; others are not worth the disk."""
        path = self._path(url)
        if path is None or not (answer.etag or answer.last_modified):
            return
        facts = {
            "format": _FORMAT,
            "url": answer.url,
            "content_type": answer.content_type,
            "etag": answer.etag,
            "last_modified": answer.last_modified,
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
