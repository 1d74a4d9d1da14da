"""Answers one request to the loopback index, as a real index would or as a fault was scripted."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from support.index_pages import HTML_TYPE, JSON_TYPE, ListedFile, html_page, json_page, metadata_of

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How a request goes wrong. Exactly what is set happens; the rest of the answer stays as it would be."""

    status: int | None = None
    """Answer with this status and a short body."""
    body: bytes | None = None
    """Answer 200 (or `status`) with these bytes instead."""
    content_type: str = HTML_TYPE
    """Of `body`."""
    location: str | None = None
    """Redirect there (302, or `status`)."""
    retry_after: str | None = None
    hang_s: float = 0.0
    """Wait before answering; ends early when the server shuts down."""
    pause_s: float = 0.0
    """Wait in the middle of the body; ends early as above."""
    is_last: bool = False
    """The server answers no request after this one: it drops the connections."""
    truncate_to: int | None = None
    """Announce the whole length, send so many bytes, and close."""
    drop: bool = False
    """Close the connection without an answer."""
    corrupt: bool = False
    """Send the right number of wrong bytes."""
    credentials: str | None = None
    """`user:password` that is asked for (401) unless the request brings it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request as it came in."""

    method: str
    path: str
    """As sent, percent-encoded, with its query."""
    headers: dict[str, str]
    """Names in lower case."""
    status: int
    """What was answered; 0 where the connection was dropped."""
    was_proxied: bool
    """Whether it came with a whole URL, as clients ask a proxy."""


@dataclass(slots=True)
class Script:
    """Faults that wait for requests below a path."""

    prefix: str
    fault: Fault
    left: int | None


@dataclass(slots=True)
class ServerState:
    """What the handler serves; one per server."""

    indexes: dict[str, dict[str, dict[str, ListedFile]]] = field(default_factory=dict)
    """Files by index (`cu128`, `pypi`), project, file name."""
    scripts: list[Script] = field(default_factory=list)
    log: list[LoggedRequest] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    speaks_json: bool = False
    supports_ranges: bool = True
    has_validators: bool = True
    cache_control: str | None = None
    has_metadata: bool = True
    links_to: str | None = None
    missing_status: int = 403

    def take_fault(self, path: str) -> Fault | None:
        """Find the newest fault scripted for a path, counting it."""
        with self.lock:
            for script in reversed(self.scripts):
                if path.startswith(script.prefix) and script.left != 0:
                    if script.left is not None:
                        script.left -= 1
                    return script.fault
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    body: bytes = b""
    content_type: str = HTML_TYPE
    headers: tuple[tuple[str, str], ...] = ()


class IndexHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ServerState

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        fault = self.state.take_fault(path)
        answer = self._answer(path)
        if fault is not None:
            if fault.is_last:
                self.state.scripts.append(Script(prefix="/", fault=Fault(drop=True), left=None))
            if fault.hang_s:
                self.state.closing.wait(fault.hang_s)
            if fault.drop:
                self._log(0)
                self.close_connection = True
                return
            answer = self._spoiled(answer, fault)
        self._send(answer, fault or Fault())

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, path: str) -> _Answer:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        match parts:
            case ["simple", *rest]:
                return self._index_answer(["pypi", *rest], "/simple", missing=HTTPStatus.NOT_FOUND)
            case ["whl", *rest]:
                return self._index_answer(rest, "/whl", missing=self.state.missing_status)
            case ["flat"]:
                files = [
                    listed
                    for projects in self.state.indexes.values()
                    for found in projects.values()
                    for listed in found.values()
                    if listed.path is not None
                ]
                return self._page("flat", files, "/flat/files")
            case ["flat", "files", filename]:
                return self._file(filename, None, HTTPStatus.NOT_FOUND)
            case _:
                return _Answer(status=HTTPStatus.NOT_FOUND, body=b"not found")

    def _index_answer(self, parts: list[str], base: str, *, missing: int) -> _Answer:
        indexes = self.state.indexes
        path = "/".join(parts)
        if path in indexes and path != "":
            return self._root(sorted(indexes[path]))
        index, _, last = path.rpartition("/")
        if index in indexes and last in indexes[index]:
            link_base = f"{base}/{index}" if base == "/whl" else f"{base}/files"
            return self._page(last, list(indexes[index][last].values()), link_base)
        if path == "" and base == "/whl":
            names = {project for name, projects in indexes.items() if name != "pypi" for project in projects}
            return self._root(sorted(names))
        if last.endswith((".whl", ".whl.metadata", ".tar.gz")):
            return self._file(last, "pypi" if base == "/simple" else index, missing)
        return _Answer(status=missing, body=b"not here", content_type="text/plain")

    def _root(self, names: list[str]) -> _Answer:
        if self._wants_json():
            listing = {"meta": {"api-version": "1.1"}, "projects": [{"name": name} for name in names]}
            return self._validated(_Answer(status=200, body=json.dumps(listing).encode(), content_type=JSON_TYPE))
        links = "".join(f'    <a href="{name}/">{name}</a><br/>\n' for name in names)
        return self._validated(
            _Answer(status=200, body=f"<!DOCTYPE html>\n<html>\n  <body>\n{links}</body></html>\n".encode())
        )

    def _page(self, title: str, files: list[ListedFile], link_base: str) -> _Answer:
        if self.state.links_to is not None and link_base.startswith("/whl"):
            link_base = self.state.links_to + link_base.removeprefix("/whl")
        if self._wants_json():
            body = json.dumps(json_page(title, files, link_base)).encode()
            return self._validated(_Answer(status=200, body=body, content_type=JSON_TYPE))
        body = html_page(title, files, link_base, has_metadata=self.state.has_metadata).encode()
        return self._validated(_Answer(status=200, body=body))

    def _file(self, filename: str, index: str | None, missing: int) -> _Answer:
        wheel = filename.removesuffix(".metadata")
        for name, projects in self.state.indexes.items():
            if index is not None and name != index:
                continue
            for files in projects.values():
                listed = files.get(wheel)
                if listed is not None and listed.path is not None:
                    return self._file_content(listed.path, is_metadata=filename.endswith(".metadata"))
        return _Answer(status=missing, body=b"not here", content_type="text/plain")

    def _file_content(self, path: Path, *, is_metadata: bool) -> _Answer:
        if is_metadata:
            if not self.state.has_metadata:
                return _Answer(status=HTTPStatus.NOT_FOUND)
            return _Answer(status=200, body=metadata_of(path), content_type="application/octet-stream")
        content = path.read_bytes()
        asked = self.headers.get("Range")
        if asked is None or not self.state.supports_ranges:
            headers = (("Accept-Ranges", "bytes"),) if self.state.supports_ranges else ()
            return _Answer(status=200, body=content, content_type="application/octet-stream", headers=headers)
        span = _range(asked, len(content))
        if span is None:
            return _Answer(
                status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                headers=(("Content-Range", f"bytes */{len(content)}"),),
            )
        start, end = span
        return _Answer(
            status=HTTPStatus.PARTIAL_CONTENT,
            body=content[start:end],
            content_type="application/octet-stream",
            headers=(("Content-Range", f"bytes {start}-{end - 1}/{len(content)}"),),
        )

    def _validated(self, answer: _Answer) -> _Answer:
        if not self.state.has_validators:
            return answer
        etag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
        control = self.state.cache_control
        headers = (("ETag", etag), *((("Cache-Control", control),) if control is not None else ()))
        if self.headers.get("If-None-Match") == etag:
            return _Answer(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return _Answer(status=answer.status, body=answer.body, content_type=answer.content_type, headers=headers)

    def _wants_json(self) -> bool:
        return self.state.speaks_json and JSON_TYPE in self.headers.get("Accept", "")

    def _spoiled(self, answer: _Answer, fault: Fault) -> _Answer:
        """Do to an answer what the fault says."""
        headers = (("Retry-After", fault.retry_after),) if fault.retry_after else ()
        if fault.credentials is not None:
            expected = "Basic " + base64.b64encode(fault.credentials.encode()).decode()
            if self.headers.get("Authorization") != expected:
                asking = (("WWW-Authenticate", 'Basic realm="index"'),)
                answer = _Answer(status=401, body=b"who are you", headers=asking)
        elif fault.location is not None:
            answer = _Answer(status=fault.status or 302, headers=(("Location", fault.location), *headers))
        elif fault.body is not None:
            status = fault.status or 200
            answer = _Answer(status=status, body=fault.body, content_type=fault.content_type, headers=headers)
        elif fault.status is not None:
            answer = _Answer(status=fault.status, body=b"scripted", content_type="text/plain", headers=headers)
        elif fault.corrupt:
            answer = replace(answer, body=bytes(byte ^ 0xFF for byte in answer.body))
        return answer

    def _send(self, answer: _Answer, fault: Fault) -> None:
        self._log(answer.status)
        truncate_to = fault.truncate_to
        try:
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if answer.status != HTTPStatus.NOT_MODIFIED:
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
            if truncate_to is not None:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            if self.command != "HEAD":
                body = answer.body if truncate_to is None else answer.body[:truncate_to]
                half = len(body) // 2 if fault.pause_s else 0
                self.wfile.write(body[:half])
                self.state.closing.wait(fault.pause_s)
                self.wfile.write(body[half:])
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _log(self, status: int) -> None:
        split = urlsplit(self.path)
        entry = LoggedRequest(
            method=self.command,
            path=split.path + (f"?{split.query}" if split.query else ""),
            headers={name.lower(): value for name, value in self.headers.items()},
            status=status,
            was_proxied=bool(split.scheme),
        )
        with self.state.lock:
            self.state.log.append(entry)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
        """Stay silent: `IndexServer.log` holds what came."""


def _range(header: str, length: int) -> tuple[int, int] | None:
    """Read `bytes=START-END`, `bytes=START-` or `bytes=-LAST` as a half-open span; None where it is not one."""
    unit, _, span = header.partition("=")
    first, separator, last = span.partition("-")
    if unit != "bytes" or not separator or "," in span:
        return None
    if not first:
        return (max(0, length - int(last)), length) if last and int(last) else None
    start = int(first)
    end = min(length, int(last) + 1) if last else length
    return (start, end) if start < min(end, length) else None
