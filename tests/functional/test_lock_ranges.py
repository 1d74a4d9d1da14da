"""Locks for a range of cards: the fewest that cover it, and a page on which each card finds its file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from exam.rows import ROWS
from gpuenv.lock.reading import read_lock
from gpuenv.models.cuda import ComputeCapability
from support.in_process import gpuenv_here as gpuenv
from support.lock_index import lock_index, user_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.command import Ran
    from support.index_server import IndexServer

ROW = re.compile(
    r"\| \*\*(?P<name>[^*]+)\*\*(?P<cards>[^|]*) \| (?P<capability>[\d.]+) \| (?P<files>[^|]*) \| `(?P<line>[^`]*)` \|"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    with lock_index(tmp_path_factory.mktemp("wheels")) as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def locked(server: IndexServer, home: Path) -> Ran:
    """A range on two platforms with two Pythons."""
    return lock(server, home, "--target", "sm_50..sm_121,cpu", "--platform", "linux-x86_64,windows-x86_64")


def lock(server: IndexServer, home: Path, *arguments: str) -> Ran:
    shared = ("--indexes", server.pytorch_url, "--python", "3.11,3.13", "--json")
    return gpuenv("lock", "torch", *shared, *arguments, cwd=home, environ=user_of(server, home))


def rows_of(guide: str, heading: str) -> Mapping[str, re.Match[str]]:
    """The rows of one platform and Python, by compute capability."""
    part = guide.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = (ROW.fullmatch(line) for line in part.splitlines())
    return {row["capability"]: row for row in found if row is not None}


def test_a_range_is_written_as_few_files_as_possible(locked: Ran, home: Path) -> None:
    assert locked.exit_code == 0, locked.stdout
    places = [f"{platform}-py{python}" for platform in ("linux-x86_64", "windows-x86_64") for python in ("311", "313")]
    assert sorted(path.name for path in (home / "locks").iterdir()) == sorted(
        [
            "INSTALL-GPU.md",
            *(f"requirements-{tag}-{place}.txt" for tag in ("cpu", "cu126", "cu132") for place in places),
        ]
    )
    data = locked.envelope["data"]
    assert data["guide"] == (home / "locks" / "INSTALL-GPU.md").read_text(encoding="utf-8")
    assert {one["lock"]["path"] for one in data["locks"]} == {
        str(path) for path in (home / "locks").glob("requirements-*.txt")
    }


def test_each_card_of_the_exam_finds_a_file_that_serves_it(locked: Ran, home: Path) -> None:
    rows = rows_of(locked.envelope["data"]["guide"], "linux-x86_64, Python 3.13")
    wanted = {
        gpu.capabilities[0]
        for row in ROWS
        if row.machine.platform.name == "linux-x86_64" and "conflict" not in row.answer
        for gpu in row.machine.gpus
        if (5, 0) <= (gpu.capabilities[0].major, gpu.capabilities[0].minor) <= (12, 1)
    }
    assert len(wanted) > 10
    for capability in wanted:
        row = rows[str(capability)]
        file = row["line"].removeprefix("python -m pip install -r ")
        (gpu,) = [gpu for gpu in read_lock(home / "locks" / file).header.gpus if capability in gpu.capabilities]
        assert gpu.kind == "sass"
        assert gpu.via.capability.major == capability.major
        assert gpu.via.capability.minor <= capability.minor


def test_a_card_is_found_by_its_name_and_an_older_driver_by_the_older_file(locked: Ran) -> None:
    rows = rows_of(locked.envelope["data"]["guide"], "linux-x86_64, Python 3.11")
    assert "GeForce GTX 1080 Ti" in rows["6.1"]["cards"]
    assert "GeForce RTX 5090" in rows["12.0"]["cards"]
    assert rows["8.6"]["files"].startswith(
        "`requirements-cu132-linux-x86_64-py311.txt` (driver 580.65.06 or newer; below: "
        "`requirements-cu126-linux-x86_64-py311.txt`)"
    )
    assert rows["12.0"]["files"] == "`requirements-cu132-linux-x86_64-py311.txt`"


def test_a_check_of_a_range_tells_of_every_file_and_of_the_page(
    server: IndexServer, locked: Ran, home: Path, tmp_path: Path
) -> None:
    arguments = ("--target", "sm_50..sm_121,cpu", "--platform", "linux-x86_64", "--check")
    assert locked.exit_code == 0
    whole = lock(server, home, *arguments[:3], "linux-x86_64,windows-x86_64", "--check")
    assert (whole.exit_code, whole.envelope["data"]["differences"]) == (0, [])
    damaged = tmp_path / "locks"
    damaged.mkdir()
    for path in (home / "locks").iterdir():
        (damaged / path.name).write_bytes(path.read_bytes())
    file = damaged / "requirements-cu126-linux-x86_64-py311.txt"
    file.write_text(file.read_text().replace("sm_61; 6.1; sass sm_60", "sm_61; 6.1; sass sm_61"))
    (damaged / "requirements-old-linux-x86_64-py313.txt").write_text(
        (damaged / "requirements-cu126-linux-x86_64-py313.txt").read_text()
    )
    (damaged / "INSTALL-GPU.md").unlink()
    ran = gpuenv(
        "lock",
        *("torch", "--indexes", server.pytorch_url, "--python", "3.11,3.13", "--json", *arguments),
        cwd=tmp_path,
        environ=user_of(server, home),
    )
    assert (ran.exit_code, ran.envelope["status"]) == (1, "drift")
    kinds = {(one["file"].partition("/")[2], one["kind"]) for one in ran.envelope["data"]["differences"]}
    assert ("requirements-cu126-linux-x86_64-py311.txt", "machine") in kinds
    assert ("INSTALL-GPU.md", "missing") in kinds
    assert any(kind == "stale" for _, kind in kinds)


def test_the_line_of_the_page_installs_the_build_for_the_card(
    server: IndexServer, locked: Ran, home: Path, tmp_path: Path
) -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    rows = rows_of(locked.envelope["data"]["guide"], f"linux-x86_64, Python {here}")
    if not rows or sys.platform != "linux":
        pytest.skip("the range was locked for other machines")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    # Another pip than the environment's, which would take seconds to be put there.
    pip = f"{sys.executable} -m pip --python {tmp_path / 'env/bin/python'}"
    line = rows["6.1"]["line"].replace("python -m pip", pip)
    environ = {**os.environ, **user_of(server, home), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(line.split(), cwd=home / "locks", check=True, capture_output=True, env=environ)
    listed = subprocess.run(
        [tmp_path / "env/bin/python", "-c", "import torch; print(torch.__version__)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert listed.stdout == "2.14.1+cu126\n"


def test_a_list_of_cards_in_a_folder_is_covered_by_the_fewest_locks(
    server: IndexServer, home: Path, tmp_path: Path
) -> None:
    ran = lock(
        server,
        home,
        "--target",
        "gtx-1080-ti, rtx-5090,rtx-3060",
        "--platform",
        "linux-x86_64",
        "-o",
        f"{tmp_path}/new/",
    )
    assert ran.exit_code == 0, ran.stdout
    content = read_lock(tmp_path / "new" / "requirements-cu126-linux-x86_64-py311.txt")
    assert [gpu.name for gpu in content.header.gpus] == ["NVIDIA GeForce GTX 1080 Ti", "NVIDIA GeForce RTX 3060"]
    content = read_lock(tmp_path / "new" / "requirements-cu132-linux-x86_64-py313.txt")
    assert [gpu.capabilities for gpu in content.header.gpus] == [
        (ComputeCapability(major=12, minor=0),),
        (ComputeCapability(major=8, minor=6),),
    ]


def test_cards_that_nothing_serves_are_told_and_the_others_are_locked(
    server: IndexServer, home: Path, tmp_path: Path
) -> None:
    ran = lock(server, home, "--target", "sm_35..sm_61", "--platform", "linux-x86_64", "-o", f"{tmp_path}/new/")
    data = ran.envelope["data"]
    assert ran.exit_code == 0, ran.stdout
    (warning, *_) = [one for one in data["warnings"] if one["code"] == "lock-cards-without-build"]
    assert "sm_35 (3.5), sm_37 (3.7) on linux-x86_64 with Python 3.11" in warning["message"]
    assert "| 3.5 | no build serves it / 没有可用的构建 | - |" in data["guide"]


def test_where_one_machine_cannot_be_served_nothing_is_written(server: IndexServer, home: Path, tmp_path: Path) -> None:
    ran = lock(
        server, home, "--target", "sm_120..sm_121", "--platform", "linux-x86_64,macos-arm64", "-o", f"{tmp_path}/new/"
    )
    assert (ran.exit_code, ran.envelope["status"]) == (1, "conflict")
    assert not (tmp_path / "new").exists()
    conflicts = [one["conflict"]["code"] for one in ran.envelope["data"]["locks"] if "conflict" in one]
    assert len(conflicts) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--target", "sm_121..sm_50"), "lock-range-invalid"),
        (("--target", "sm_75..sm_120", "--format", "uv"), "lock-set-format"),
        (("--target", "rtx-3060", "--platform", "linux-x86_64,beos"), "lock-platform-invalid"),
        (("--target", "sm_75..sm_120", "-o", "file.txt"), "lock-set-needs-folder"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], code: str, server: IndexServer, home: Path) -> None:
    (home / "file.txt").write_text("")
    ran = lock(server, home, *arguments)
    assert (ran.exit_code, [error["code"] for error in ran.envelope["errors"]]) == (2, [code])


def test_a_range_of_nothing_that_is_built_for_a_gpu_is_one_lock_for_all_cards(
    server: IndexServer, home: Path, tmp_path: Path
) -> None:
    asked = (
        *("lock", "colorama", "--target", "sm_35..sm_121", "--platform", "linux-x86_64", "--python", "3.11"),
        *("-o", f"{tmp_path}/any/", "--json"),
    )
    ran = gpuenv(*asked, cwd=home, environ=user_of(server, home))
    assert ran.exit_code == 0, ran.stdout
    file = "requirements-any-linux-x86_64-py311.txt"
    assert sorted(path.name for path in (tmp_path / "any").iterdir()) == ["INSTALL-GPU.md", file]
    guide = (tmp_path / "any" / "INSTALL-GPU.md").read_text(encoding="utf-8")
    assert (
        f"`{file}`: nothing in it was built for a GPU, so it is for any /"
        " 其中没有针对特定 GPU 构建的包，适用于任何显卡" in guide.splitlines()  # noqa: RUF001 - Chinese punctuation
    )
    rows = rows_of(guide, "linux-x86_64, Python 3.11")
    assert {row["files"] for row in rows.values()} == {f"`{file}`"}
    assert {"3.5", "6.1", "12.1"} <= set(rows)
    checked = gpuenv(*asked, "--check", cwd=home, environ=user_of(server, home))
    assert (checked.exit_code, checked.envelope["data"].get("differences", [])) == (0, [])
