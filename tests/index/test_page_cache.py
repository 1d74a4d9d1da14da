from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
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


HOLDS = replace(ANSWER, fresh_s=60.0)


@pytest.mark.parametrize(
    ("now", "holds"),
    [(1000.0, True), (1059.9, True), (1060.0, False), (999.9, False), (None, False)],
    ids=["at once", "just", "too late", "before it was read", "nobody says"],
)
def test_a_page_holds_as_long_as_the_server_said_and_the_clock_is_not_set(
    tmp_path: Path,
    now: float | None,
    holds: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    PageCache(folder=tmp_path, now=1000.0).store(URL, HOLDS)
    assert PageCache(folder=tmp_path, now=now).fresh(URL) == (HOLDS if holds else None)
    assert PageCache(folder=tmp_path, now=now).load(URL) == HOLDS


def test_no_page_holds_longer_than_ten_minutes_whatever_the_server_says(tmp_path: Path) -> None:
    PageCache(folder=tmp_path, now=1000.0).store(URL, replace(ANSWER, fresh_s=1e9))
    assert PageCache(folder=tmp_path, now=1599.9).fresh(URL) is not None
    assert PageCache(folder=tmp_path, now=1600.0).fresh(URL) is None


def test_a_page_kept_by_an_older_gpuenv_is_there_and_has_to_be_asked_for(tmp_path: Path) -> None:
    PageCache(folder=tmp_path, now=1000.0).store(URL, HOLDS)
    (kept,) = tmp_path.iterdir()
    head, _, body = kept.read_bytes().partition(b"\n")
    facts = {name: fact for name, fact in json.loads(head).items() if name not in {"fresh_s", "read_at"}}
    kept.write_bytes(json.dumps(facts).encode() + b"\n" + body)
    assert PageCache(folder=tmp_path, now=1000.0).load(URL) == ANSWER
    assert PageCache(folder=tmp_path, now=1000.0).fresh(URL) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the caches of users apart by itself")
def test_a_page_that_others_can_write_is_no_page(tmp_path: Path) -> None:
    PageCache(folder=tmp_path, now=1000.0).store(URL, HOLDS)
    (kept,) = tmp_path.iterdir()
    kept.chmod(0o666)
    assert PageCache(folder=tmp_path, now=1000.0).load(URL) is None
    assert PageCache(folder=tmp_path, now=1000.0).fresh(URL) is None


def test_processes_that_keep_one_page_at_once_leave_one_of_theirs_whole(tmp_path: Path) -> None:
    pages = [replace(HOLDS, body=letter * 200_000) for letter in (b"a", b"b", b"c", b"d")]
    stop = threading.Event()

    def keep(page: Answer) -> None:
        while not stop.is_set():
            PageCache(folder=tmp_path, now=1000.0).store(URL, page)

    PageCache(folder=tmp_path, now=1000.0).store(URL, pages[0])
    writers = [threading.Thread(target=keep, args=(page,)) for page in pages]
    for writer in writers:
        writer.start()
    try:
        found = [PageCache(folder=tmp_path, now=1000.0).load(URL) for _ in range(60)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert all(page in pages for page in found)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "damage",
    [
        *(b"", b"{}\n", b"[1]\nx", b"not json\nx", b'{"format": 1, "sha256": "0"}\nx', b"[" * 200_000),
        *(b"\xff\n", b"null\n", b'{"format": 1, "sha256": ["0"]}\nx'),
    ],
    ids=lambda damage: repr(damage[:24]),
)
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
