from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import gpuenv.workflow.libraries.cache as module
from gpuenv import __version__
from gpuenv.binaries.image import count_image
from gpuenv.models.loading import LibraryFacts, LibraryNeeds
from gpuenv.models.notice import Notice
from gpuenv.workflow.libraries.cache import LibraryCache, stamp_of
from gpuenv.workflow.libraries.kept import library_as_json, library_from
from support.fatbin import containers, elf

if TYPE_CHECKING:
    from gpuenv.workflow.libraries.cache import Stamp

NOW = 1_800_000_000.0
STAMP: Stamp = (100, 1_700_000_000_000_000_000, 7, 1)
FACTS = LibraryFacts(
    code=count_image(
        elf(
            (".nv_fatbin", containers("sm_75 sm_90a+ compute_120@9.2 lto_80", "sm_100f", times=2)),
            ("__nv_relfatbin", containers("sm_80 compute_80 lto_90")),
            (".ldata", containers("sm_110")),
        )
    ).summary(),
    needs=LibraryNeeds(
        libraries=("libc.so.6",),
        delayed=("late.dll",),
        name="libkit.so.1",
        search_path=("$ORIGIN",),
        searches_itself_first=True,
    ),
)
LIBRARY = library_as_json(FACTS)


def cache(folder: Path | None, *, now: float = NOW) -> LibraryCache:
    made = LibraryCache(folder, environment=Path("/env"), now=now)
    made.load()
    return made


def kept(folder: Path) -> Path:
    """Keep one library and one answer; the file they are kept in."""
    first = cache(folder)
    first.keep_library("/env/a.so", STAMP, LIBRARY)
    first.keep_answer("/env/libnvrtc.so.13", STAMP, "13.2")
    first.save()
    (path,) = folder.iterdir()
    return path


def test_json_and_back_is_the_identity() -> None:
    assert library_from(json.loads(json.dumps(LIBRARY))) == FACTS
    plain = LibraryFacts(code=count_image(b"").summary(), needs=LibraryNeeds())
    assert library_from(json.loads(json.dumps(library_as_json(plain)))) == plain


def test_what_was_kept_is_given_for_the_same_file_only(tmp_path: Path) -> None:
    kept(tmp_path)
    second = cache(tmp_path)
    assert second.library("/env/a.so", STAMP) == FACTS
    assert second.answer("/env/libnvrtc.so.13", STAMP) == "13.2"
    assert second.notes == ()
    for place in range(4):
        other = list(STAMP)
        other[place] += 1
        assert second.library("/env/a.so", (other[0], other[1], other[2], other[3])) is None
    assert second.library("/env/b.so", STAMP) is None
    assert second.answer("/env/a.so", STAMP) is None


def test_another_environment_has_a_file_of_its_own(tmp_path: Path) -> None:
    kept(tmp_path)
    other = LibraryCache(tmp_path, environment=Path("/other"), now=NOW)
    other.load()
    assert other.library("/env/a.so", STAMP) is None


def test_what_is_gone_from_the_environment_is_forgotten(tmp_path: Path) -> None:
    path = kept(tmp_path)
    second = cache(tmp_path)
    second.library("/env/a.so", STAMP)
    second.save()
    assert list(json.loads(path.read_bytes())["files"]) == ["/env/a.so"]


def test_a_run_that_learns_nothing_writes_nothing(tmp_path: Path) -> None:
    path = kept(tmp_path)
    before = path.stat().st_ino
    second = cache(tmp_path)
    second.library("/env/a.so", STAMP)
    second.answer("/env/libnvrtc.so.13", STAMP)
    second.save()
    assert path.stat().st_ino == before


def test_a_file_that_changed_a_moment_ago_is_not_kept(tmp_path: Path) -> None:
    fresh = cache(tmp_path, now=STAMP[1] / 1e9 + 1)
    fresh.keep_library("/env/a.so", STAMP, LIBRARY)
    fresh.save()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 2}',
        '{"format": 2, "gpuenv": "VERSION", "files": 3}',
        '{"format": 2, "gpuenv": "VERSION", "files": {"/env/a.so": {"stamp": STAMP, "library": {"objects": 1}}}}',
        '{"format": 2, "gpuenv": "VERSION", "files": {"/env/a.so": {"stamp": STAMP, "library": null}}}',
        "\x00\x01\x02",
    ],
)
def test_a_damaged_file_is_told_and_not_used(tmp_path: Path, text: str) -> None:
    path = kept(tmp_path)
    path.write_text(text.replace("VERSION", __version__).replace("STAMP", str(list(STAMP))), encoding="utf-8")
    second = cache(tmp_path)
    assert second.library("/env/a.so", STAMP) is None
    assert second.notes == (Notice.of("inspection-cache-damaged", path=str(path)),)
    second.keep_library("/env/a.so", STAMP, LIBRARY)
    second.save()
    third = cache(tmp_path)
    assert (third.library("/env/a.so", STAMP), third.notes) == (FACTS, ())


def test_what_another_gpuenv_kept_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path)
    monkeypatch.setattr(module, "__version__", "99.0")
    second = cache(tmp_path)
    assert (second.library("/env/a.so", STAMP), second.notes) == (None, ())


def test_a_folder_that_cannot_be_made_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    one = cache(tmp_path / "file" / "cache")
    one.keep_library("/env/a.so", STAMP, LIBRARY)
    one.save()
    nowhere = cache(None)
    nowhere.keep_library("/env/a.so", STAMP, LIBRARY)
    nowhere.save()
    assert one.notes == nowhere.notes == ()


def test_writers_beside_each_other_leave_a_whole_file(tmp_path: Path) -> None:
    def write(number: int) -> None:
        for _ in range(20):
            one = cache(tmp_path)
            for other in range(number + 1):
                one.keep_library(f"/env/{other}.so", STAMP, LIBRARY)
            one.save()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(tmp_path.iterdir())) == 1
    last = cache(tmp_path)
    assert (last.library("/env/0.so", STAMP), last.notes) == (FACTS, ())


def test_a_file_is_known_by_size_time_and_inode(tmp_path: Path) -> None:
    path = tmp_path / "a.so"
    path.write_bytes(b"one")
    first = stamp_of(str(path))
    (tmp_path / "b.so").write_bytes(b"two")
    (tmp_path / "b.so").replace(path)
    second = stamp_of(str(path))
    assert (first[0], second[0]) == (3, 3)
    assert first[2] != second[2]
