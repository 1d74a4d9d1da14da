from __future__ import annotations

import io
import random
import zipfile
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.index.remote_file import RemoteFile
from gpuenv.models.settings import IndexSettings
from support.index_server import Fault, IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "kit-1.0-py3-none-any.whl"
PATH = f"/whl/cu128/{NAME}"
NOISE = random.Random(1).randbytes(12_000_000)  # noqa: S311 - bytes that do not compress


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("remote") / NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("kit/small.txt", "small")
        archive.writestr("kit/large.bin", NOISE)
        archive.writestr("kit/last.txt", "last")
    return path


@pytest.fixture
def server(wheel: Path) -> Iterator[IndexServer]:
    with IndexServer() as running:
        running.add(wheel, "cu128")
        yield running


def opened(server: IndexServer, pauses: list[float] | None = None) -> RemoteFile:
    heard = [] if pauses is None else pauses
    return RemoteFile(f"{server.url}{PATH}", IndexSettings(timeout_s=5), sleep=heard.append)


def test_it_reads_like_the_file_on_disk(server: IndexServer, wheel: Path) -> None:
    content = wheel.read_bytes()
    chance = random.Random(2)  # noqa: S311 - any places
    with opened(server) as remote, io.BytesIO(content) as local:
        assert remote.size == len(content)
        for _ in range(60):
            place, count = chance.randrange(len(content) + 9), chance.choice((0, 1, 70_000, 900_000))
            assert remote.seek(place) == local.seek(place)
            assert remote.read(count) == local.read(count)
            assert remote.tell() == local.tell()
        for at in (-22, -70_000):
            assert remote.seek(at, io.SEEK_END) == local.seek(at, io.SEEK_END)
            assert remote.read() == local.read()
        with pytest.raises(ValueError, match="-1"):
            remote.seek(-1)


def test_one_member_of_a_wheel_costs_little(server: IndexServer) -> None:
    with opened(server) as remote, zipfile.ZipFile(remote) as archive:
        assert archive.read("kit/last.txt") == b"last"
        assert remote.bytes_fetched == 64 * 1024
        assert archive.read("kit/small.txt") == b"small"
        assert remote.bytes_fetched < 400_000
        assert not remote.is_downloaded
    assert [request.headers["range"] for request in server.log] == ["bytes=-65536", "bytes=0-262143"]


def test_reading_on_fetches_larger_and_larger_stretches(server: IndexServer) -> None:
    with opened(server) as remote, zipfile.ZipFile(remote) as archive, archive.open("kit/large.bin") as member:
        assert member.read(8_000_000) == NOISE[:8_000_000]
        assert remote.bytes_fetched < 13_000_000
    assert len(server.log) < 10


def test_bytes_are_fetched_once_while_they_are_at_hand(server: IndexServer) -> None:
    with opened(server) as remote:
        for place in (100, 200, 100_000, 0):
            remote.seek(place)
            remote.read(50)
    assert len(server.log) == 3  # the end of the file, from 100 on, from 0 on


def test_a_server_without_ranges_is_downloaded_from_once(wheel: Path) -> None:
    with IndexServer(supports_ranges=False) as server:
        server.add(wheel, "cu128")
        with opened(server) as remote, zipfile.ZipFile(remote) as archive:
            assert archive.read("kit/large.bin") == NOISE
            assert remote.is_downloaded
            assert remote.bytes_fetched == remote.size == wheel.stat().st_size
        assert len(server.log) == 1


def test_a_server_that_knows_no_suffix_ranges_is_asked_for_the_first_byte(server: IndexServer, wheel: Path) -> None:
    server.fail(PATH, Fault(status=416), times=1)
    with opened(server) as remote:
        assert (remote.size, remote.is_downloaded) == (wheel.stat().st_size, False)
        assert remote.read(4) == b"PK\x03\x04"


def test_a_passing_fault_is_waited_for(server: IndexServer) -> None:
    pauses: list[float] = []
    server.fail(PATH, Fault(status=503), times=1)
    with opened(server, pauses) as remote:
        server.fail(PATH, Fault(truncate_to=1000), times=1)
        server.fail(PATH, Fault(drop=True), times=1)
        assert remote.read(100_000)[:4] == b"PK\x03\x04"
    assert pauses == [0.5, 0.5, 1.5]


@pytest.mark.parametrize(
    ("fault", "code", "context", "attempts"),
    [
        (Fault(status=404), "remote-file-refused", {"status": 404}, 1),
        (Fault(status=403), "remote-file-refused", {"status": 403}, 1),
        (Fault(status=500), "remote-file-refused", {"status": 500}, 3),
        (Fault(status=206, body=b"what"), "remote-file-broken", {"wanted": "Content-Range", "came": ""}, 3),
        (Fault(drop=True), "remote-file-unreachable", {}, 3),
        (Fault(truncate_to=10), "remote-file-unreachable", {}, 3),
    ],
)
def test_a_lasting_fault_is_a_coded_error(
    server: IndexServer, fault: Fault, code: str, context: dict[str, object], attempts: int
) -> None:
    server.fail(PATH, fault)
    with pytest.raises(GpuenvError) as caught:
        opened(server)
    assert caught.value.code == code
    assert caught.value.context["url"] == f"{server.url}{PATH}"
    assert {name: caught.value.context[name] for name in context} == context
    assert len(server.log) == attempts


def test_a_file_that_changes_while_it_is_read_is_told(server: IndexServer) -> None:
    with opened(server) as remote:
        server.fail(PATH, Fault(body=b"another file"))
        with pytest.raises(GpuenvError) as caught:
            remote.read(1)
    assert caught.value.code == "remote-file-changed"


def test_a_server_that_is_not_there_is_told_without_credentials() -> None:
    with IndexServer() as server:
        port = server.port
    with pytest.raises(GpuenvError) as caught:
        RemoteFile(f"http://user:secret@127.0.0.1:{port}/kit.whl?sig=secret", IndexSettings(), sleep=lambda _: None)
    assert caught.value.code == "remote-file-unreachable"
    assert caught.value.context["url"] == f"http://127.0.0.1:{port}/kit.whl?sig=***"
    assert "secret" not in str(caught.value.context)


def test_credentials_of_the_url_are_sent(server: IndexServer) -> None:
    server.fail(PATH, Fault(credentials="user:pass word"))
    url = server.url.replace("http://", "http://user:pass%20word@")
    with RemoteFile(f"{url}{PATH}", IndexSettings()) as remote:
        assert remote.read(2) == b"PK"
