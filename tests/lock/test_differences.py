"""What `--check` tells: each fact in which a lock is not what it would be now."""

from __future__ import annotations

from pathlib import Path

from gpuenv.lock.differences import Difference, differences, is_same_but_for_matrix

DATA = Path(__file__).parents[1] / "data" / "lock"
PYLOCK = (DATA / "pylock.gtx-1080-ti.toml").read_text(encoding="utf-8")
LOCK = """\
# gpuenv lock, format 1
# gpu: sm_61; 6.1; sass sm_60
# driver: >=525.60.13
# platform: linux-x86_64; glibc 2.28
# python: 3.12
# torch: 2.14.1+cu126; cu126
# matrix: 2026.11
#
--find-links https://download.pytorch.org/whl/cu126/torch/

numpy==2.3.0 \\
    --hash=sha256:aa
six==1.17.0 \\
    --hash=sha256:bb
torch==2.14.1+cu126 \\
    --hash=sha256:cc
"""


def found(before: str | None, after: str = LOCK) -> list[tuple[str, str, str | None, str | None]]:
    made = differences("gpu.txt", before, after, is_pylock=False)
    assert all(one.file == "gpu.txt" for one in made)
    return [(one.kind, one.name, one.before, one.after) for one in made]


def test_the_same_bytes_differ_in_nothing() -> None:
    assert found(LOCK) == []


def test_no_file_is_one_difference() -> None:
    assert found(None) == [("missing", "", None, None)]


def test_what_is_no_lock_is_said_to_be_none() -> None:
    assert found("torch\n") == [("unreadable", "lock-header-missing", None, None)]


def test_each_changed_fact_is_named_with_both_sides() -> None:
    before = (
        LOCK.replace("sm_61; 6.1; sass sm_60", "sm_61; 6.1; sass sm_61")
        .replace("numpy==2.3.0", "numpy==2.2.0")
        .replace("six==1.17.0", "attrs==25.1")
        .replace("sha256:cc", "sha256:dd")
        .replace("/whl/cu126/", "/whl/cu128/")
    )
    assert found(before) == [
        ("machine", "gpu", "sm_61; 6.1; sass sm_61", "sm_61; 6.1; sass sm_60"),
        ("package", "attrs", "25.1", None),
        ("package", "numpy", "2.2.0", "2.3.0"),
        ("package", "six", None, "1.17.0"),
        ("files", "torch", None, None),
        ("source", "", "https://download.pytorch.org/whl/cu128/torch/", None),
        ("source", "", None, "https://download.pytorch.org/whl/cu126/torch/"),
    ]


def test_a_comment_by_hand_is_a_difference_of_the_text_alone() -> None:
    assert found(LOCK.replace("six==", "# kept for the tests\nsix==")) == [("text", "", None, None)]


def test_a_pylock_is_compared_by_the_same_facts() -> None:
    after = PYLOCK.replace("0.4.6", "0.4.7")
    assert differences("pylock.toml", PYLOCK, after, is_pylock=True) == (
        Difference(file="pylock.toml", kind="package", name="colorama", before="0.4.6", after="0.4.7"),
    )


def test_newer_data_that_changes_nothing_is_no_reason_to_write() -> None:
    assert is_same_but_for_matrix(LOCK, LOCK.replace("2026.11", "2027.01"), is_pylock=False)
    assert not is_same_but_for_matrix(LOCK, LOCK.replace("sm_60", "sm_61"), is_pylock=False)
    assert is_same_but_for_matrix(PYLOCK, PYLOCK.replace('"2026.11"', '"2027.01"'), is_pylock=True)
    assert not is_same_but_for_matrix(PYLOCK, PYLOCK.replace("0.4.6", "0.4.7"), is_pylock=True)
