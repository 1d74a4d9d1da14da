"""Says to pip what the user's configuration says: pip itself is run without its own files and variables.

Like uv, pip is told exactly what the plan was computed with: uv's own variables count as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gpuenv.models.settings import IndexSettings

_TRUE: Final = frozenset({"1", "true", "yes", "y", "on", "t"})


def pip_index_lines(settings: IndexSettings) -> tuple[str, ...]:
    """Make the lines of a requirements file that choose indexes.

    They may hold credentials: the file lies in a private folder, where a command line would show them to everybody.
    """
    if settings.no_index:
        return ("--no-index", *_find_links(settings), *_trusted(settings))
    default = (f"--index-url {settings.index_url}",) if settings.index_url else ()
    extras = (f"--extra-index-url {url}" for url in settings.extra_index_urls)
    return (*default, *extras, *_find_links(settings), *_trusted(settings))


def pip_index_environment(settings: IndexSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Make the variables that go with the lines: certificates, proxy, time-out."""
    additions: dict[str, str] = {}
    cert = settings.cert or environ.get("SSL_CERT_FILE")
    if cert:
        additions["PIP_CERT"] = cert
    if settings.client_cert:
        additions["PIP_CLIENT_CERT"] = settings.client_cert
    if settings.proxy:
        additions["PIP_PROXY"] = settings.proxy
    timeout = environ.get("UV_HTTP_TIMEOUT") or (f"{settings.timeout_s:g}" if settings.timeout_s else None)
    if timeout:
        additions["PIP_DEFAULT_TIMEOUT"] = timeout
    return additions


def with_variables_of_uv(settings: IndexSettings, environ: Mapping[str, str]) -> IndexSettings:
    """Let uv's variables take the place of pip's settings, as they do where uv resolves."""
    changed = settings
    default = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL")
    if default:
        changed = replace(changed, index_url=_address(default, environ))
    extras = environ.get("UV_INDEX") or environ.get("UV_EXTRA_INDEX_URL")
    if extras:
        changed = replace(changed, extra_index_urls=tuple(_address(text, environ) for text in extras.split()))
    if environ.get("UV_FIND_LINKS"):
        places = tuple(place for place in environ["UV_FIND_LINKS"].split(",") if place)
        changed = replace(changed, find_links=tuple(place.replace("%2C", ",") for place in places))
    if environ.get("UV_NO_INDEX", "").lower() in _TRUE:
        changed = replace(changed, no_index=True)
    if environ.get("UV_INSECURE_HOST"):
        changed = replace(changed, trusted_hosts=tuple(environ["UV_INSECURE_HOST"].split()))
    return changed


def _address(text: str, environ: Mapping[str, str]) -> str:
    """Take the address out of `name=address`, with the credentials that variables of that name give."""
    name, separator, address = text.partition("=")
    if not separator or not name.replace("-", "").replace("_", "").isalnum():
        return text
    prefix = f"UV_INDEX_{name.upper().replace('-', '_')}"
    user, password = environ.get(f"{prefix}_USERNAME"), environ.get(f"{prefix}_PASSWORD")
    parts = urlsplit(address)
    if user is None and password is None:
        return address
    account = quote(user or "", safe="") + (f":{quote(password, safe='')}" if password is not None else "")
    return urlunsplit(parts._replace(netloc=f"{account}@{parts.netloc.rpartition('@')[2]}"))


def _find_links(settings: IndexSettings) -> Iterator[str]:
    for place in settings.find_links:
        yield f"--find-links {place}"


def _trusted(settings: IndexSettings) -> Iterator[str]:
    for host in settings.trusted_hosts:
        yield f"--trusted-host {host}"
