"""A package index on loopback, for gpuenv, uv and pip alike: real listings, small real wheels, scripted faults.

    with IndexServer() as server:
        server.add(make_wheel(tmp_path, "torch", "2.9.0+cu128", tags="cp312-cp312-manylinux_2_28_x86_64"), "cu128")
        server.add(make_wheel(tmp_path, "six", "1.17.0"), "pypi")
        server.pytorch_url   # {url}/whl: PyTorch-style base, /cu128/torch/ below it; `gpuenv ... --indexes` takes it
        server.simple_url    # {url}/simple: what uv and pip take as their index URL; holds the index `pypi`
        server.flat_url      # {url}/flat/: one find-links page with every wheel that was added
        server.fail("/whl/cu128/", Fault(status=500), times=2)   # the next two requests below that path
        server.log           # what was asked for: method, path, status, headers

By default only added wheels are listed. `IndexServer(listings=True)` also lists the real files of
`tests/data/index/wheels.csv`, with their real hashes: enough for choosing a build, but those files themselves answer
403, as PyTorch's index does for what is not there. An added wheel takes the place of a listed one of the same name.
Missing pages answer 403 below /whl and 404 below /simple, as the originals do.
"""

from __future__ import annotations

import hashlib
import ssl
import sys
import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, final
from urllib.parse import unquote

from packaging.utils import parse_wheel_filename

from support.index_handler import Fault, IndexHandler, LoggedRequest, Script, ServerState
from support.index_pages import ListedFile, real_listings

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

__all__ = ["Fault", "IndexServer", "LoggedRequest"]


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """uv opens fifty connections at once: of more than wait here, the system resets some."""

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has them
        """Let clients hang up: they end with connections open, and a test may be watching the standard error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@final
class IndexServer:
    """The server; it listens from `with` on, on 127.0.0.1 and a free port.

    - `speaks_json`: answer PEP 691 JSON where it is asked for (PyTorch's index never does).
    - `supports_ranges`: answer range requests on files, suffix ranges too.
    - `has_validators`: give pages an ETag and answer 304.
    - `cache_control`: what pages with an ETag say of it (`max-age=60`).
    - `has_metadata`: serve `<wheel>.metadata` beside each added wheel and announce it (PEP 658).
    - `links_to`: links on pages below /whl are absolute and lead to this base (`https://download-r2.pytorch.org/whl`).
    - `missing_status`: what is answered below /whl for what is not there. uv goes on to the next index after 404, and
      after 403 from PyTorch's own host only.
    - `certificate`: (certificate, key) in PEM for HTTPS.
    """

    def __init__(
        self,
        *,
        listings: bool = False,
        speaks_json: bool = False,
        supports_ranges: bool = True,
        has_validators: bool = True,
        cache_control: str | None = None,
        has_metadata: bool = True,
        links_to: str | None = None,
        missing_status: int = 403,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self._state = ServerState(
            speaks_json=speaks_json,
            supports_ranges=supports_ranges,
            has_validators=has_validators,
            cache_control=cache_control,
            has_metadata=has_metadata,
            links_to=links_to,
            missing_status=missing_status,
        )
        if listings:
            for index, listed in real_listings():
                self._list(index, listed)
        state = self._state
        handler = type("Handler", (IndexHandler,), {"state": state})
        self._http = _Listener(("127.0.0.1", 0), handler)
        self._scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> IndexServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """Scheme, host and port, no slash at the end."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def pytorch_url(self) -> str:
        """The base of PyTorch-style indexes: `/cu128/torch/` below it."""
        return f"{self.url}/whl"

    @property
    def simple_url(self) -> str:
        """The index that uv and pip take as theirs; it holds the index `pypi`."""
        return f"{self.url}/simple"

    @property
    def flat_url(self) -> str:
        """One find-links page with every wheel that was added."""
        return f"{self.url}/flat/"

    @property
    def log(self) -> list[LoggedRequest]:
        """Every request so far, in the order of their answers."""
        with self._state.lock:
            return list(self._state.log)

    @property
    def paths(self) -> list[str]:
        """The decoded paths of every request so far."""
        return [unquote(request.path) for request in self.log]

    def add(
        self, wheel: Path, index: str, *, has_hash: bool = True, yanked: str | None = None, requires_python: str = ""
    ) -> None:
        """List and serve a wheel on an index: `pypi`, `cpu`, `cu128`, `nightly/cu130`."""
        content = wheel.read_bytes()
        listed = ListedFile(
            filename=wheel.name,
            sha256=hashlib.sha256(content).hexdigest() if has_hash else None,
            size=len(content),
            path=wheel,
            yanked=yanked,
            requires_python=requires_python or None,
        )
        self._list(index, listed)

    def fail(self, prefix: str, fault: Fault, *, times: int | None = None) -> None:
        """Let requests whose path begins with `prefix` go wrong: the next `times` ones, or all."""
        with self._state.lock:
            self._state.scripts.append(Script(prefix=prefix, fault=fault, left=times))

    def heal(self) -> None:
        """Forget all faults."""
        with self._state.lock:
            self._state.scripts.clear()

    def _list(self, index: str, listed: ListedFile) -> None:
        try:
            project = str(parse_wheel_filename(listed.filename)[0])
        except ValueError:
            project = listed.filename.partition("-")[0].replace("_", "-")
        self._state.indexes.setdefault(index, {}).setdefault(project, {})[listed.filename] = listed
