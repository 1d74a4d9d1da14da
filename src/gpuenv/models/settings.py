"""What the user's own pip and uv configuration says of package indexes, in one vocabulary."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final

from gpuenv.models.value import dataclass

_CREDENTIALS: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s]*@")
"""`scheme://` and what stands before the last `@` of the host part."""

_SIGNED: Final = (
    r"(?i)(?P<name>[?&](?:[\w.-]*[_-])?(?:sig|signature|token|secret|password|credential|key|apikey|auth)=)[^&#\s\"']+"
)
"""A part of a query whose name says that it is a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingOrigin:
    """Where one setting came from, for `gpuenv plan -v`."""

    setting: str
    """pip's name of it: `extra-index-url`."""
    origin: str
    """`environment variable PIP_FIND_LINKS`, or the path of a `pip.conf`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """Package indexes and how to reach them. None and () mean: the tool's own default.

    URLs may hold credentials: `repr` leaves them out, and they are never logged, locked or journaled.
    """

    index_url: str | None = field(default=None, repr=False)
    extra_index_urls: tuple[str, ...] = field(default=(), repr=False)
    find_links: tuple[str, ...] = field(default=(), repr=False)
    """Folders or pages with links to wheels."""
    no_index: bool = False
    cert: str | None = None
    """A bundle of CA certificates to trust."""
    client_cert: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    proxy: str | None = field(default=None, repr=False)
    timeout_s: float | None = None
    constraints: tuple[str, ...] = ()
    origins: tuple[SettingOrigin, ...] = ()


def redact_url(text: str) -> str:
    """Take the credentials out of a URL, or out of every URL in a line of text: what may be shown and written down.

    That is the user before the host, and what signs an address for whoever holds it (`?token=...`,
    `&X-Amz-Signature=...`).
    """
    if "?" in text:
        text = re.sub(_SIGNED, r"\g<name>***", text)  # few addresses have a query: not compiled at import
    return _CREDENTIALS.sub(r"\g<scheme>", text)
