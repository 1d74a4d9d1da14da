"""Fetches small documents over HTTP: bounded in time and size, tried again where that can help."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.index.credentials import without_credentials
from gpuenv.index.session import open_session, proxies, quiet_about_trusted_hosts, timeouts, verification
from gpuenv.models.settings import redact_url
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    import requests

    from gpuenv.models.settings import IndexSettings

_TRY_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
_PAUSES_S: Final = (0.5, 1.5)
"""Before the second and the third attempt."""
_LONGEST_PAUSE_S: Final = 10.0
"""A server that asks (`Retry-After`) for more is not waited for."""
_PATIENCE_S: Final = 60.0
"""After so long no further attempt begins, and no body may take longer."""
_LARGEST: Final = 64 * 1024 * 1024
"""Bytes; the largest real page (PyPI's of a nightly project) has 20 MB."""
_CONNECTION: Final = re.compile(r"^(?:<[^>]*>|HTTPS?Connection\w*\([^)]*\)): ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered."""

    url: str
    """After redirects, without credentials."""
    status: int
    content_type: str
    """Media type in lower case, without parameters."""
    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    fresh_s: float = 0.0
    """Seconds for which the server says that it need not be asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    fault: GpuenvError
    may_pass: bool
    """Whether another attempt can help."""
    asked_pause_s: float = 0.0
    """What the server asks to be left alone for."""


class Transport:
    """A session with manners. Use it in `with`."""

    def __init__(
        self,
        settings: IndexSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the user's settings; `sleep` and `clock` are the ways of waiting and of telling time."""
        self._settings = settings
        self._session: requests.Session | None = None
        self._sleep = sleep
        self._clock = clock

    def __enter__(self) -> Transport:  # noqa: PYI034 - typing has Self from Python 3.11 on
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            self._session.close()

    def get(self, url: str, *, headers: Mapping[str, str]) -> Answer:
        """Fetch a document. Any status that more attempts would not change is an answer, not an error.

        Raises `GpuenvError` where there is no answer: `index-unreachable`, `index-timed-out`, `index-tls-failed`,
        `index-proxy-failed`, `index-url-invalid`, `index-answered-error` (a server's fault, three times).
        """
        started = self._clock()
        for pause in (*_PAUSES_S, None):
            outcome = self._attempt(url, headers)
            if isinstance(outcome, Answer):
                return outcome
            wait = None if pause is None else max(pause, outcome.asked_pause_s)
            is_late = wait is None or wait > _LONGEST_PAUSE_S or self._clock() - started + wait > _PATIENCE_S
            if wait is None or is_late or not outcome.may_pass:
                raise outcome.fault
            self._sleep(wait)
        raise AssertionError  # the last pause is None: the loop never runs out

    def _attempt(self, url: str, headers: Mapping[str, str]) -> Answer | _Failure:
        if self._session is None:
            self._session = open_session(self._settings)
        try:
            address, credentials = without_credentials(url)
            verify = verification(address, self._settings)
        except ValueError as error:
            fault = GpuenvError("index-url-invalid", url=redact_url(url), detail=str(error))
            return _Failure(fault=fault, may_pass=False)
        quiet = quiet_about_trusted_hosts() if verify is False else contextlib.nullcontext()
        try:
            with (
                quiet,
                self._session.get(
                    address,
                    headers=dict(headers),
                    auth=credentials,
                    proxies=proxies(self._settings),
                    verify=verify,
                    timeout=timeouts(self._settings),
                    stream=True,
                ) as response,
            ):
                answer = self._read(response)
                asked_pause_s = _seconds(response.headers.get("Retry-After"))
        except OSError as error:  # what requests raises is one
            return _failure(error, address, self._settings)
        if answer.status not in _TRY_AGAIN:
            return answer
        fault = GpuenvError("index-answered-error", url=address, status=answer.status)
        return _Failure(fault=fault, may_pass=True, asked_pause_s=asked_pause_s)

    def _read(self, response: requests.Response) -> Answer:
        """Read the body, within limits: a server that drips or never ends is not worth waiting for."""
        started = self._clock()
        body = bytearray()
        url = redact_url(response.url)
        for chunk in response.iter_content(64 * 1024):
            body += chunk
            if len(body) > _LARGEST:
                raise GpuenvError("index-not-an-index", url=url, detail=f"> {_LARGEST} B")
            if self._clock() - started > _PATIENCE_S:
                raise GpuenvError("index-timed-out", url=url, timeout_s=_PATIENCE_S)
        announced = response.headers.get("Content-Length", "")
        is_whole = response.status_code == HTTPStatus.OK  # a 304 may announce the length of what it does not send
        if is_whole and announced.isdigit() and response.raw.tell() < int(announced):
            shortfall = f"{response.raw.tell()} B / {announced} B"
            raise ConnectionResetError(shortfall)  # urllib3 1 is silent about it
        return Answer(
            url=url,
            status=response.status_code,
            content_type=response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
            body=bytes(body),
            etag=response.headers.get("ETag"),
            last_modified=response.headers.get("Last-Modified"),
            fresh_s=fresh_seconds(response.headers),
        )


def fresh_seconds(headers: Mapping[str, str]) -> float:
    """Read how long an answer holds (RFC 9111): `Cache-Control: max-age` less the `Age` that caches gave it.

    Zero where nothing, or something contradictory, is said; no guess is made from `Last-Modified`.

    Cache-Control: max-age=600, public
    """
    parts = [part.strip().lower().partition("=") for part in headers.get("Cache-Control", "").split(",")]
    directives = {name: value.strip('"') for name, _, value in parts}
    age, stated = headers.get("Age", "0").strip(), directives.get("max-age", "")
    if directives.keys() & {"no-cache", "no-store"} or not (stated.isdecimal() and age.isdecimal()):
        return 0.0
    return max(0.0, float(stated) - float(age))


def _seconds(retry_after: str | None) -> float:
    """Read `Retry-After` in seconds; its date form is not worth a clock that agrees with the server's."""
    return float(retry_after) if retry_after is not None and retry_after.strip().isdigit() else 0.0


def _failure(error: OSError, url: str, settings: IndexSettings) -> _Failure:
    """Tell a failed request as a coded error, and whether another attempt can help."""
    from requests import exceptions  # noqa: PLC0415 - as in `open_session`

    detail = detail_of(error)
    may_pass = False
    match error:
        case exceptions.SSLError():
            fault = GpuenvError("index-tls-failed", url=url, detail=detail)
        case exceptions.ProxyError():
            fault = GpuenvError("index-proxy-failed", url=url, detail=detail)
        case exceptions.Timeout():
            fault = GpuenvError("index-timed-out", url=url, timeout_s=timeouts(settings)[1])
            may_pass = True
        case exceptions.InvalidURL() | exceptions.InvalidSchema() | exceptions.MissingSchema():
            fault = GpuenvError("index-url-invalid", url=url, detail=detail)
        case exceptions.RequestException() | ConnectionError():
            fault = GpuenvError("index-unreachable", url=url, detail=detail)
            # a name that does not resolve is a closed network or a typing error: nothing that passes in seconds
            may_pass = not isinstance(_reason(error).__context__, socket.gaierror)
        case _:  # a bundle of certificates, named by the environment, that is not there
            fault = GpuenvError("index-tls-failed", url=url, detail=detail)
    fault.__cause__ = error
    return _Failure(fault=fault, may_pass=may_pass)


def _reason(error: BaseException) -> BaseException:
    """Find the error at the bottom: requests and urllib3 wrap it, as `reason` or as an argument."""
    wrapped = (getattr(error, "reason", None), *reversed(error.args))
    inner = next((found for found in wrapped if isinstance(found, BaseException)), None)
    return error if inner is None else _reason(inner)


def detail_of(error: OSError) -> str:
    """Give the innermost error's own words, without the connection object that urllib3 puts before them."""
    return redact_url(_CONNECTION.sub("", str(_reason(error))))
