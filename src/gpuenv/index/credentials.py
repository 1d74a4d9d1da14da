"""Takes credentials out of URLs for the request, and puts them back where the same host is meant."""

from __future__ import annotations

from typing import TypeAlias
from urllib.parse import unquote, urlsplit

Credentials: TypeAlias = "tuple[str, str]"


def without_credentials(url: str) -> tuple[str, Credentials | None]:
    """Split a URL into one that may be shown, and user and password, decoded; None without any."""
    split = urlsplit(url)
    userinfo, separator, host = split.netloc.rpartition("@")
    if not separator:
        return url, None
    user, _, password = userinfo.partition(":")
    return split._replace(netloc=host).geturl(), (unquote(user), unquote(password))


def with_credentials_of(url: str, base: str) -> str:
    """Put the credentials of `base` into a URL of the same scheme, host and port; other hosts never get them."""
    target, source = urlsplit(url), urlsplit(base)
    userinfo, separator, host = source.netloc.rpartition("@")
    if not separator or (target.scheme, target.netloc) != (source.scheme, host):
        return url
    return target._replace(netloc=f"{userinfo}@{host}").geturl()
