"""A file that was named with its hash is copied whole, once, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.index.download import download, read_file
from gpuenv.models.settings import IndexSettings
from support.index_server import Fault, IndexServer
from support.wheels import make_wheel, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as server:
        yield server


def fetch(location: str, path: Path, digest: str, settings: IndexSettings | None = None) -> tuple[bool, list[int]]:
    heard: list[int] = []
    came = download(
        location,
        path,
        sha256=digest,
        settings=settings or IndexSettings(),
        on_progress=lambda done, _: heard.append(done),
    )
    return came, heard


def test_a_file_is_fetched_once(server: IndexServer, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "w", "six", "1.17.0")
    server.add(wheel, "pypi")
    url, path = f"{server.simple_url}/files/{wheel.name}", tmp_path / "copies" / wheel.name
    assert fetch(url, path, sha256_of(wheel)) == (True, [wheel.stat().st_size])
    assert path.read_bytes() == wheel.read_bytes()
    asked = len(server.log)
    assert fetch(url, path, sha256_of(wheel)) == (False, [])
    assert len(server.log) == asked
    assert read_file(url, settings=IndexSettings()) == wheel.read_bytes()


@pytest.mark.parametrize("form", ["path", "uri"])
def test_a_file_of_a_folder_is_copied(tmp_path: Path, form: str) -> None:
    wheel = make_wheel(tmp_path / "my wheels", "six", "1.17.0")
    location = str(wheel) if form == "path" else wheel.as_uri()
    assert fetch(location, tmp_path / "copy.whl", sha256_of(wheel))[0] is True
    assert read_file(location, settings=IndexSettings()) == wheel.read_bytes()


def test_what_is_not_the_locked_file_leaves_nothing_behind(server: IndexServer, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "w", "six", "1.17.0")
    server.add(wheel, "pypi")
    path = tmp_path / "copies" / wheel.name
    with pytest.raises(GpuenvError) as refused:
        fetch(f"{server.simple_url}/files/{wheel.name}", path, "0" * 64)
    assert (refused.value.code, refused.value.context["came"]) == ("vendored-file-damaged", sha256_of(wheel))
    assert list(path.parent.iterdir()) == []


def test_the_credentials_of_the_index_go_with_its_files(server: IndexServer, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "w", "six", "1.17.0")
    server.add(wheel, "pypi")
    server.fail("/simple/", Fault(credentials="user:secret"))
    url = f"{server.simple_url}/files/{wheel.name}"
    with pytest.raises(GpuenvError, match="remote-file-refused"):
        fetch(url, tmp_path / "a.whl", sha256_of(wheel))
    settings = IndexSettings(index_url=server.simple_url.replace("://", "://user:secret@"))
    assert fetch(url, tmp_path / "a.whl", sha256_of(wheel), settings)[0] is True


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "w", "six", "1.17.0")
    (tmp_path / "file").write_text("")
    with pytest.raises(GpuenvError, match="vendored-file-not-stored"):
        fetch(str(wheel), tmp_path / "file" / "six.whl", sha256_of(wheel))
