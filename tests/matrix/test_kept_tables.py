"""What was read of matrix files is kept between runs, and never stands in for anything else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gpuenv.matrix import folder as matrix_folder
from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.folder import read_table

if TYPE_CHECKING:
    from gpuenv.matrix.table import Table

SMALL = Path(__file__).parent.parent / "data" / "matrix" / "small"
TOML = b'name = "a"\nrows = [{ number = 1 }]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "torch.toml").write_bytes(TOML)
    return tmp_path / "ours"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "matrix"


@pytest.fixture
def kept(folder: Path, cache: Path) -> Path:
    """What a first run kept."""
    read_table(folder, "torch.toml", cache=cache)
    return cache / "ours-torch.toml.json"


def values(table: Table) -> object:
    return table._values


def refuse_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(content: bytes, *, file: str) -> dict[str, object]:
        pytest.fail(f"{file} was parsed again: {content[:20]!r}")

    monkeypatch.setattr(matrix_folder, "parse_values", refused)


def test_a_second_run_gets_the_same_matrix_without_reading_toml(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_matrix(str(SMALL), cwd=tmp_path, cache=cache)
    refuse_toml(monkeypatch)
    assert load_matrix(str(SMALL), cwd=tmp_path, cache=cache) == first


def test_what_is_kept_is_for_its_owner_alone(kept: Path) -> None:
    if os.name != "nt":
        assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_an_edited_file_counts_even_if_size_and_time_are_the_same(folder: Path, cache: Path, kept: Path) -> None:
    file = folder / "torch.toml"
    before = file.stat()
    file.write_bytes(TOML.replace(b'"a"', b'"b"'))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert values(read_table(folder, "torch.toml", cache=cache)) == {"name": "b", "rows": [{"number": 1}]}
    assert kept.read_bytes().startswith(file.read_bytes())


def test_two_folders_of_one_name_do_not_get_each_others_rows(folder: Path, cache: Path, kept: Path) -> None:
    other = folder.parent / "elsewhere" / "ours"
    shutil.copytree(folder, other)
    (other / "torch.toml").write_bytes(TOML + b"more = true\n")
    assert kept.exists()
    for _ in range(2):
        assert values(read_table(other, "torch.toml", cache=cache)) == {
            "name": "a",
            "rows": [{"number": 1}],
            "more": True,
        }
        assert values(read_table(folder, "torch.toml", cache=cache)) == {"name": "a", "rows": [{"number": 1}]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        TOML,
        TOML + b"\0",
        TOML + b'\0{"name":"a","ro',
        TOML + b"\0[1]",
        TOML + b"\0\xff\xfe",
        TOML + b"\0" + b"[" * 200_000,
        TOML[:-1] + b'\0{"name":"forged"}',
        b'{"name":"forged"}',
    ],
    ids=lambda content: repr(content[-20:]),
)
def test_a_damaged_file_is_made_anew(
    content: bytes, folder: Path, cache: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = kept.read_bytes()
    kept.write_bytes(content)
    assert values(read_table(folder, "torch.toml", cache=cache)) == {"name": "a", "rows": [{"number": 1}]}
    assert kept.read_bytes() == sound
    refuse_toml(monkeypatch)
    read_table(folder, "torch.toml", cache=cache)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the caches of users apart by itself")
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_what_others_can_write_is_not_believed(mode: int, folder: Path, cache: Path, kept: Path) -> None:
    kept.write_bytes(TOML + b'\0{"name":"forged"}')
    kept.chmod(mode)
    assert values(read_table(folder, "torch.toml", cache=cache)) == {"name": "a", "rows": [{"number": 1}]}
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give files away")
def test_what_somebody_else_wrote_is_not_believed(folder: Path, cache: Path, kept: Path) -> None:
    kept.write_bytes(TOML + b'\0{"name":"forged"}')
    os.chown(kept, 12345, 12345)
    assert values(read_table(folder, "torch.toml", cache=cache)) == {"name": "a", "rows": [{"number": 1}]}


def test_a_place_that_cannot_be_written_costs_time_only(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert values(read_table(folder, "torch.toml", cache=tmp_path / "file" / "below")) == {
        "name": "a",
        "rows": [{"number": 1}],
    }


def test_what_json_has_no_word_for_is_not_kept(folder: Path, cache: Path) -> None:
    (folder / "torch.toml").write_bytes(b"day = 2026-11-21\n")
    for _ in range(2):
        read_table(folder, "torch.toml", cache=cache)
    assert not cache.exists()
