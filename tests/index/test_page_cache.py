from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv.index.page_cache import PageCache, validators
from gpuenv.index.transport import Answer

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://user:secret@example.com/whl/cu130/torch/"
ANSWER = Answer(
    url="https://example.com/whl/cu130/torch/",
    status=200,
    content_type="text/html",
    body=b"<a href='x'>\n\x00",
    etag='"1"',
    last_modified="Sat, 21 Nov 2026 08:00:00 GMT",
)


def test_a_page_comes_back_as_it_was(tmp_path: Path) -> None:
    cache = PageCache(folder=tmp_path / "pages")
    cache.store(URL, ANSWER)
    assert cache.load(URL) == ANSWER
    assert cache.load("https://example.com/whl/cu130/torchvision/") is None


def test_credentials_are_not_written_down(tmp_path: Path) -> None:
    PageCache(folder=tmp_path).store(URL, ANSWER)
    (kept,) = tmp_path.iterdir()
    assert b"secret" not in kept.read_bytes()


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"[1]\nx", b"not json\nx", b'{"format": 1, "sha256": "0"}\nx'])
def test_a_damaged_entry_is_no_entry(tmp_path: Path, damage: bytes) -> None:
    cache = PageCache(folder=tmp_path)
    cache.store(URL, ANSWER)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage)
    assert cache.load(URL) is None


def test_an_entry_whose_bytes_changed_is_no_entry(tmp_path: Path) -> None:
    cache = PageCache(folder=tmp_path)
    cache.store(URL, ANSWER)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert cache.load(URL) is None


def test_a_page_that_cannot_be_revalidated_is_not_kept(tmp_path: Path) -> None:
    bare = Answer(url=ANSWER.url, status=200, content_type="text/html", body=b"x")
    PageCache(folder=tmp_path).store(URL, bare)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    cache = PageCache(folder=blocked / "pages")
    cache.store(URL, ANSWER)
    assert cache.load(URL) is None


def test_both_validators_are_sent() -> None:
    assert validators(ANSWER) == {"If-None-Match": '"1"', "If-Modified-Since": "Sat, 21 Nov 2026 08:00:00 GMT"}
    assert validators(None) == {}
