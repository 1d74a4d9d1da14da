"""Makes the HTTP session that all of gpuenv's own requests go through, set up as pip would set up its own."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gpuenv import __version__
from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from gpuenv.models.settings import IndexSettings

DEFAULT_TIMEOUT_S: Final = 15.0
"""Seconds without a byte after which a request has failed; pip's own default."""
_CONNECT_S: Final = 10.0
"""A longer patience for the first contact only makes a closed network slow."""


def open_session(settings: IndexSettings) -> requests.Session:
    """Open a session with the user's proxy and client certificate; the caller closes it.

    `.netrc` holds, as with pip. Proxy and CA bundle go with each request as well (`proxies`, `verification`): what is
    set on a session, the variables `HTTPS_PROXY` and `REQUESTS_CA_BUNDLE` would override.
    """
    import requests  # noqa: PLC0415 - 80 ms that only a command with the network pays

    session = requests.Session()
    session.headers["User-Agent"] = f"gpuenv/{__version__}"
    session.proxies = proxies(settings) or {}
    if settings.client_cert is not None:
        session.cert = _existing(settings.client_cert)
    return session


def proxies(settings: IndexSettings) -> dict[str, str] | None:
    """Give the user's proxy by scheme; None leaves it to the variables `HTTPS_PROXY` and friends."""
    return None if settings.proxy is None else {"http": settings.proxy, "https": settings.proxy}


def verification(url: str, settings: IndexSettings) -> bool | str | None:
    """Tell how a server's certificate is checked: False for trusted hosts, a bundle, or None for requests' default.

    Raises `ValueError` for what is no address.
    """
    split = urlsplit(url)
    port = split.port or {"https": 443, "http": 80}.get(split.scheme)
    if {split.hostname, f"{split.hostname}:{port}"} & set(settings.trusted_hosts):
        return False
    return None if settings.cert is None else _existing(settings.cert)


def timeouts(settings: IndexSettings) -> tuple[float, float]:
    """Give the seconds for connecting, and for each wait afterwards."""
    patience = settings.timeout_s or DEFAULT_TIMEOUT_S
    return min(_CONNECT_S, patience), patience


@contextmanager
def quiet_about_trusted_hosts() -> Iterator[None]:
    """Silence the warning that urllib3 prints for hosts whose certificate the user said not to check."""
    from urllib3.exceptions import InsecureRequestWarning  # noqa: PLC0415 - comes with requests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureRequestWarning)
        yield


def _existing(path: str) -> str:
    if not Path(path).exists():
        raise GpuenvError("certificate-missing", path=path)
    return path
