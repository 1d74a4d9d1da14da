from __future__ import annotations

import json
import re
import threading
import zipfile
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.models.progress import Reporter
from gpuenv.models.surroundings import Surroundings
from gpuenv.workflow.libraries.kept_wheels import KeptWheels, RemoteWheel
from gpuenv.workflow.libraries.places import InspectedPlaces
from support.fatbin import containers, elf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAIL = 64 * 1024
"""What is always read: where the directory of the archive is."""
NAME = "kernels-1.0-cp312-cp312-linux_x86_64.whl"
WHEEL = RemoteWheel(url=f"http://127.0.0.1/{NAME}", digest="one", size=7)


class Served:
    """What the server has at the moment."""

    def __init__(self, content: bytes) -> None:
        self.content = content


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(wheel_of("sm_80 sm_120", tmp_path))


@pytest.fixture
def url(served: Served) -> Iterator[str]:
    """A server of one wheel that has ranges, and no ETag: many have none."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers["Range"])
            assert found is not None
            size = len(served.content)
            start = int(found[1]) if found[1] else max(0, size - int(found[2]))
            part = served.content[start : int(found[2]) + 1 if found[1] else size]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{size}")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/{NAME}"
    server.shutdown()
    server.server_close()
    thread.join()


def wheel_of(code: str, folder: Path) -> bytes:
    """A wheel whose end, which is always read, does not hold its library."""
    path = folder / "made.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("kernels/_cuda.so", elf((".nv_fatbin", containers(code, times=3))))
        archive.writestr("kernels/weights.bin", bytes(100_000))
    return path.read_bytes()


def read(url: str, folder: Path, *, is_thorough: bool = True) -> tuple[list[str], int | None]:
    """Read the wheel as a command does; gives its machine code, and the bytes that came."""
    surroundings = Surroundings(
        environ={"GPUENV_CACHE_DIR": str(folder / "cache"), "NO_PROXY": "127.0.0.1"},
        cwd=folder,
        home=folder,
        now=datetime.now(tz=timezone.utc),
    )
    places = InspectedPlaces(surroundings=surroundings, reporter=Reporter(), is_thorough=is_thorough)
    places.read(url)
    (file,) = places.files
    assert (file.path, file.distribution) == (f"{url}!kernels/_cuda.so", "kernels")
    return [architecture.sm for architecture, _ in file.summary.sass], places.bytes_fetched


def test_a_wheel_on_a_server_is_read_once_as_long_as_it_is_the_same(served: Served, url: str, tmp_path: Path) -> None:
    size = len(served.content)
    assert read(url, tmp_path) == (["sm_80", "sm_120"], TAIL + size)
    assert read(url, tmp_path) == (["sm_80", "sm_120"], TAIL)
    assert read(url, tmp_path, is_thorough=False) == (["sm_80", "sm_120"], TAIL)
    served.content = wheel_of("sm_90", tmp_path)
    assert read(url, tmp_path) == (["sm_90"], TAIL + len(served.content))


def test_what_is_no_archive_is_not_kept(served: Served, url: str, tmp_path: Path) -> None:
    served.content = bytes(100_000)
    with pytest.raises(GpuenvError) as raised:
        read(url, tmp_path)
    assert raised.value.code == "wheel-damaged"
    assert not (tmp_path / "cache" / "wheels").exists()


def test_what_was_read_in_part_does_not_stand_for_the_whole(served: Served, url: str, tmp_path: Path) -> None:
    assert read(url, tmp_path, is_thorough=False)[0] == ["sm_80", "sm_120"]
    assert read(url, tmp_path) == (["sm_80", "sm_120"], TAIL + len(served.content))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "gpuenv": "0.0.0", "files": []}'],
    ids=["empty", "torn", "list", "short", "older"],
)
def test_what_gpuenv_did_not_write_is_not_believed(tmp_path: Path, content: bytes) -> None:
    kept = KeptWheels(folder=tmp_path)
    kept.store(WHEEL, (), is_thorough=True)
    assert kept.load(WHEEL, is_thorough=True) == ()
    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_bytes())["files"] == []
    path.write_bytes(content)
    assert kept.load(WHEEL, is_thorough=True) is None
