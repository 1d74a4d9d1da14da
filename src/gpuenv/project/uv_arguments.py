"""Says to uv what the user's configuration says to pip: uv reads none of pip's files and variables."""

from __future__ import annotations

from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gpuenv.models.settings import IndexSettings

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_EXTRA_NAME: Final = "pip-extra-{}"
_DEFAULT_NAME: Final = "pip-default"


def uv_index_arguments(settings: IndexSettings, environ: Mapping[str, str] = _NOTHING) -> tuple[str, ...]:
    """Make the arguments for `uv pip compile`, `install` and `sync` that choose indexes as pip would.

    They hold no credentials: those go with `uv_index_environment`. pip takes the best version of all its indexes, so
    uv does too where there are several of the user's own. What `environ` states in uv's own variables (`UV_INDEX_URL`
    and others) is left to uv, which reads it itself.
    """
    if settings.no_index:
        return ("--no-index", *_find_links(settings, environ), *_insecure_hosts(settings, environ))
    default = _default_index(settings, environ)
    extras = _extra_indexes(settings, environ)
    arguments = [part for name, url in default for part in ("--default-index", _shown(name, url))]
    arguments += [part for name, url in extras for part in ("--index", _shown(name, url))]
    if extras and not environ.get("UV_INDEX_STRATEGY"):
        arguments += ["--index-strategy", "unsafe-best-match"]
    return (*arguments, *_find_links(settings, environ), *_insecure_hosts(settings, environ))


def uv_index_environment(settings: IndexSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Make the variables that go with `uv_index_arguments`: credentials, certificates, proxy, time-out.

    They are to be laid over the variables that uv gets; what the user set for uv itself stays. pip trusts the
    certificates of the operating system where it is told nothing, so uv does too. (uv keeps one account per host and
    port: of two indexes there with different accounts, it reads one, and passes over the other in silence.)
    """
    additions: dict[str, str] = {}
    for name, url in (*_default_index(settings, environ), *_extra_indexes(settings, environ)):
        additions |= _credentials(name, url)
    if _has_secret_links(settings) and not environ.get("UV_FIND_LINKS"):
        additions["UV_FIND_LINKS"] = ",".join(place.replace(",", "%2C") for place in settings.find_links)
    additions |= _trust(settings, environ)
    if settings.client_cert is not None:
        additions["SSL_CLIENT_CERT"] = settings.client_cert
    if settings.proxy is not None:
        proxy = settings.proxy if "://" in settings.proxy else f"http://{settings.proxy}"
        additions |= {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "http_proxy": proxy, "https_proxy": proxy}
    if settings.timeout_s and not environ.get("UV_HTTP_TIMEOUT"):
        additions["UV_HTTP_TIMEOUT"] = str(max(1, ceil(settings.timeout_s)))
    return additions


def _trust(settings: IndexSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Choose the certificates, as pip does: its own setting, the variables of requests, the operating system."""
    bundle = settings.cert or environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
    if settings.cert is not None or (bundle and not environ.get("SSL_CERT_FILE")):
        return {"SSL_CERT_FILE": str(bundle)}
    if environ.get("SSL_CERT_FILE") or environ.get("SSL_CERT_DIR") or environ.get("UV_SYSTEM_CERTS"):
        return {}
    return {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}  # the second name is that of older releases


def _default_index(settings: IndexSettings, environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if settings.index_url is None or environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL"):
        return ()
    return ((_DEFAULT_NAME, settings.index_url),)


def _extra_indexes(settings: IndexSettings, environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if environ.get("UV_INDEX") or environ.get("UV_EXTRA_INDEX_URL"):
        return ()
    return tuple((_EXTRA_NAME.format(number), url) for number, url in enumerate(settings.extra_index_urls, start=1))


def _shown(name: str, url: str) -> str:
    """Write an index for uv's command line: named where credentials follow in variables of that name."""
    shown = redact_url(url)
    return shown if shown == url else f"{name}={shown}"


def _credentials(name: str, url: str) -> dict[str, str]:
    userinfo, separator, _ = urlsplit(url).netloc.rpartition("@")
    if not separator:
        return {}
    user, _, password = userinfo.partition(":")
    prefix = f"UV_INDEX_{name.upper().replace('-', '_')}"
    return {f"{prefix}_USERNAME": unquote(user), f"{prefix}_PASSWORD": unquote(password)}


def _has_secret_links(settings: IndexSettings) -> bool:
    return any(redact_url(place) != place for place in settings.find_links)


def _find_links(settings: IndexSettings, environ: Mapping[str, str]) -> Iterator[str]:
    if not environ.get("UV_FIND_LINKS") and not _has_secret_links(settings):
        for place in settings.find_links:
            yield from ("--find-links", place)


def _insecure_hosts(settings: IndexSettings, environ: Mapping[str, str]) -> Iterator[str]:
    if not environ.get("UV_INSECURE_HOST"):
        for host in settings.trusted_hosts:
            yield from ("--allow-insecure-host", host)
