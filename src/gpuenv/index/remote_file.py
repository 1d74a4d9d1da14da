"""A seekable file over HTTP range requests: a remote wheel is read without downloading it."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
import time
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from gpuenv.errors import GpuenvError
from gpuenv.index.credentials import without_credentials
from gpuenv.index.session import open_session, quiet_about_trusted_hosts, timeouts, verification
from gpuenv.index.transport import detail_of
from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests
    from _typeshed import WriteableBuffer

    from gpuenv.models.settings import IndexSettings

_TAIL: Final = 64 * 1024
"""Bytes asked for first: the end of a zip file says where its directory is."""
_SMALLEST_WINDOW: Final = 256 * 1024
_LARGEST_WINDOW: Final = 4 * 1024 * 1024
"""Bytes fetched at once: few at first, more while reading goes on forwards."""
_T = TypeVar("_T")
_CHUNK: Final = 1024 * 1024
_PAUSES_S: Final = (0.5, 1.5)
"""Before the second and the third attempt."""
_TRY_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
_OK, _PARTIAL, _RANGE_REFUSED = 200, 206, 416
_CONTENT_RANGE: Final = re.compile(r"bytes (?P<first>\d+)-(?P<last>\d+)/(?P<total>\d+)")


class RemoteFile(io.RawIOBase):
    """A file on a server, read in stretches as they are asked for. Use it in `with`.

    Where the server has no ranges it is downloaded once, into a temporary file. Errors are `GpuenvError`:
    `remote-file-unreachable`, `remote-file-refused` (status), `remote-file-changed` while it was read,
    `remote-file-broken` where less came than was announced, `remote-file-not-stored`.
    """

    def __init__(self, url: str, settings: IndexSettings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Open the file: one request, which tells its size. `sleep` is the way of waiting between attempts."""
        super().__init__()
        self.bytes_fetched = 0
        """Bytes of the file that came over the network so far."""
        self._url, self._credentials = without_credentials(url)
        self._shown = redact_url(self._url)
        self._settings = settings
        self._sleep = sleep
        self._session = open_session(settings)
        self._validator: str | None = None
        self._position = 0
        self._window, self._window_start = b"", 0
        self._window_size = _SMALLEST_WINDOW
        self._download: BinaryIO | None = None
        try:
            self.size = self._persist(self._begin)
        except BaseException:
            self.close()
            raise
        self._tail, self._tail_start = self._window, self._window_start

    @property
    def is_downloaded(self) -> bool:
        """Whether the server had no ranges, so that the whole file was fetched."""
        return self._download is not None

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def tell(self) -> int:
        """Give the offset of the next byte to be read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move as files do; nothing is fetched."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError(offset)
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer, except at the end of the file."""
        view = memoryview(buffer).cast("B")
        wanted = max(0, min(len(view), self.size - self._position))
        filled = 0
        while filled < wanted:
            part = self._stretch(self._position, wanted - filled)
            view[filled : filled + len(part)] = part
            filled += len(part)
            self._position += len(part)
        return filled

    def close(self) -> None:
        """Close the connection and drop what was stored."""
        if not self.closed:
            self._session.close()
            if self._download is not None:
                self._download.close()
        super().close()

    def _stretch(self, start: int, wanted: int) -> bytes:
        """Give bytes from `start` on, at least one and at most `wanted`."""
        if self._download is not None:
            self._download.seek(start)
            return self._download.read(wanted)
        for held, held_start in ((self._window, self._window_start), (self._tail, self._tail_start)):
            if held_start <= start < held_start + len(held):
                return held[start - held_start : start - held_start + wanted]
        goes_on = start == self._window_start + len(self._window)
        self._window_size = min(self._window_size * 2, _LARGEST_WINDOW) if goes_on else _SMALLEST_WINDOW
        end = min(self.size, start + max(self._window_size, min(wanted, _LARGEST_WINDOW)))
        self._window = self._persist(lambda: self._fetch(start, end))
        self._window_start = start
        return self._window[:wanted]

    def _begin(self) -> int:
        """Ask for the end of the file: by the answer the server also tells its size."""
        with self._asked(f"bytes=-{_TAIL}") as response:
            if response.status_code == _OK:
                return self._store(response)
            if response.status_code == _PARTIAL:
                self._validator = _strong_validator(response)
                first, total = self._content_range(response)
                self._window, self._window_start = self._body(response, total - first), first
                return total
        # Some servers know ranges and no suffix ranges: the first byte tells the size as well.
        with self._asked("bytes=0-0") as response:
            if response.status_code == _PARTIAL:
                self._validator = _strong_validator(response)
                return self._content_range(response)[1]
            if response.status_code == _OK:
                return self._store(response)
            raise GpuenvError("remote-file-refused", url=self._shown, status=response.status_code)

    def _fetch(self, start: int, end: int) -> bytes:
        with self._asked(f"bytes={start}-{end - 1}") as response:
            if response.status_code != _PARTIAL or self._content_range(response) != (start, self.size):
                raise GpuenvError("remote-file-changed", url=self._shown)
            return self._body(response, end - start)

    def _store(self, response: requests.Response) -> int:
        """Download the whole file, for a server without ranges."""
        self._download = tempfile.TemporaryFile(prefix="gpuenv-")  # noqa: SIM115 - `close` closes it
        size = 0
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            self.bytes_fetched += len(chunk)
            try:
                self._download.write(chunk)
            except OSError as error:
                raise GpuenvError("remote-file-not-stored", url=self._shown, detail=str(error)) from error
        return size

    @contextlib.contextmanager
    def _asked(self, wanted: str) -> Iterator[requests.Response]:
        """Ask for a range."""
        import requests  # noqa: PLC0415 - as in `open_session`

        headers = {"Range": wanted, "Accept-Encoding": "identity"}
        if self._validator is not None:
            headers["If-Range"] = self._validator
        verify = verification(self._url, self._settings)
        quiet = quiet_about_trusted_hosts() if verify is False else contextlib.nullcontext()
        try:
            with (
                quiet,
                self._session.get(
                    self._url,
                    headers=headers,
                    auth=self._credentials,
                    verify=verify,
                    timeout=timeouts(self._settings),
                    stream=True,
                ) as response,
            ):
                if response.status_code not in {_OK, _PARTIAL, _RANGE_REFUSED}:
                    raise GpuenvError("remote-file-refused", url=self._shown, status=response.status_code)
                yield response
        except requests.RequestException as error:
            raise GpuenvError("remote-file-unreachable", url=self._shown, detail=detail_of(error)) from error

    def _persist(self, attempt: Callable[[], _T]) -> _T:
        """Try up to three times, where that can help."""
        for pause in _PAUSES_S:
            outcome = self._outcome(attempt)
            if not isinstance(outcome, GpuenvError):
                return outcome
            if not _may_pass(outcome):
                raise outcome
            self._sleep(pause)
        return attempt()

    def _outcome(self, attempt: Callable[[], _T]) -> _T | GpuenvError:
        try:
            return attempt()
        except GpuenvError as error:
            return error

    def _body(self, response: requests.Response, expected: int) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > expected:
                break
        self.bytes_fetched += len(body)
        if len(body) != expected:
            raise GpuenvError("remote-file-broken", url=self._shown, wanted=expected, came=len(body))
        return bytes(body)

    def _content_range(self, response: requests.Response) -> tuple[int, int]:
        """Give the offset of the first byte that came, and the size of the file."""
        text = response.headers.get("Content-Range", "")
        found = _CONTENT_RANGE.fullmatch(text)
        if found is None or not int(found["first"]) <= int(found["last"]) < int(found["total"]):
            raise GpuenvError("remote-file-broken", url=self._shown, wanted="Content-Range", came=text)
        return int(found["first"]), int(found["total"])


def _may_pass(error: GpuenvError) -> bool:
    """Whether another attempt can help: not against a certificate, a proxy, or an address that is none."""
    import requests  # noqa: PLC0415 - as in `open_session`

    if error.code == "remote-file-refused":
        return error.context["status"] in _TRY_AGAIN
    lasting = (requests.exceptions.SSLError, requests.exceptions.ProxyError)
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    cause = error.__cause__
    return error.code == "remote-file-broken" or (isinstance(cause, passing) and not isinstance(cause, lasting))


def _strong_validator(response: requests.Response) -> str | None:
    """Give the ETag if it promises the same bytes (RFC 9110, 8.8.1): a weak one cannot be used with ranges."""
    etag = response.headers.get("ETag")
    return etag if etag and not etag.startswith("W/") else None
