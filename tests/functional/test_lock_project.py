"""A project names its machines once: `gpuenv lock` alone writes all their locks, and `--init` writes the names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv.lock.reading import read_lock
from gpuenv.project.table import read_project_table
from support.in_process import gpuenv_here as gpuenv
from support.lock_index import lock_index, user_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Ran
    from support.index_server import IndexServer

PROJECT = """\
# An application.
[project]
name = "app" # as on the index
version = "1"

[tool.gpuenv]
requirements = ["torch", "docreader"]
targets = ["gtx-1080-ti", "rtx-3060,rtx-4090", "sm_75..sm_90", "cpu"]
platforms = ["linux-x86_64"]
pythons = ["3.11"]
indexes = "{index}"

# Its checks.
[tool.ruff]
line-length = 100
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    with lock_index(tmp_path_factory.mktemp("wheels")) as server:
        yield server


def lock(server: IndexServer, folder: Path, *arguments: str) -> Ran:
    return gpuenv("lock", "--json", *arguments, cwd=folder, environ=user_of(server, folder))


def test_every_target_of_a_project_gets_its_lock(server: IndexServer, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.replace("{index}", server.pytorch_url))
    ran = lock(server, tmp_path)
    assert ran.exit_code == 0, ran.stdout
    assert sorted(path.name for path in (tmp_path / "locks").iterdir()) == [
        "INSTALL-GPU.md",
        "requirements-cpu-linux-x86_64-py311.txt",
        "requirements-cu132-linux-x86_64-py311.txt",
        "requirements-gtx-1080-ti-linux-x86_64-py311.txt",
        "requirements-rtx-3060-rtx-4090-linux-x86_64-py311.txt",
    ]
    both = read_lock(tmp_path / "locks" / "requirements-rtx-3060-rtx-4090-linux-x86_64-py311.txt")
    assert [gpu.name for gpu in both.header.gpus] == ["NVIDIA GeForce RTX 3060", "NVIDIA GeForce RTX 4090"]
    assert [package.project for package in both.packages] == ["docreader", "sympy", "torch"]
    assert (
        "| **gtx-1080-ti** | 6.1 | `requirements-gtx-1080-ti-linux-x86_64-py311.txt` |" in ran.envelope["data"]["guide"]
    )
    assert lock(server, tmp_path, "--check").exit_code == 0
    stale = tmp_path / "locks" / "requirements-rtx-2060-linux-x86_64-py311.txt"
    stale.write_text((tmp_path / "locks" / "requirements-cu132-linux-x86_64-py311.txt").read_text())
    (tmp_path / "locks" / "requirements-notes.txt").write_text("mine\n")
    checked = lock(server, tmp_path, "--check")
    assert (checked.exit_code, checked.envelope["data"]["differences"]) == (
        1,
        [
            {
                "file": "locks/requirements-rtx-2060-linux-x86_64-py311.txt",
                "kind": "stale",
                "name": "",
                "before": None,
                "after": None,
            }
        ],
    )
    again = lock(server, tmp_path)
    assert (again.exit_code, again.envelope["data"]["changed"]) == (0, False)
    assert [one["code"] for one in again.envelope["data"]["warnings"]] == ["lock-stale"]


def test_a_named_target_is_locked_alone_with_what_the_project_asks_for(server: IndexServer, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.replace("{index}", server.pytorch_url))
    ran = lock(server, tmp_path, "--target", "rtx-5090", "--platform", "linux-x86_64", "--python", "3.11")
    assert ran.exit_code == 0, ran.stdout
    assert [package["project"] for package in ran.envelope["data"]["lock"]["packages"]] == [
        "docreader",
        "sympy",
        "torch",
    ]
    assert not (tmp_path / "locks").exists()


def test_an_extension_without_wheels_is_left_to_each_machine(server: IndexServer, tmp_path: Path) -> None:
    (tmp_path / "gpuenv.toml").write_text(
        f'targets = ["rtx-3060"]\nplatforms = ["linux-x86_64"]\npythons = ["3.11"]\nindexes = "{server.pytorch_url}"\n'
        'extensions = ["nvdiffrast"]\nrequirements = ["torch"]\nlocks = "made/here"\n'
    )
    ran = lock(server, tmp_path)
    assert ran.exit_code == 0, ran.stdout
    (warning,) = ran.envelope["data"]["warnings"]
    assert (warning["code"], warning["hints"]) == ("lock-leaves-extension-out", ["gpuenv build nvdiffrast"])
    assert (tmp_path / "made" / "here" / "requirements-rtx-3060-linux-x86_64-py311.txt").is_file()


def test_init_writes_the_table_and_keeps_comments_and_order(server: IndexServer, tmp_path: Path) -> None:
    before = PROJECT[: PROJECT.index("[tool.gpuenv]")] + PROJECT[PROJECT.index("# Its checks.") :]
    project = tmp_path / "pyproject.toml"
    project.write_text(before)
    arguments = ("torch", "docreader", "--target", "rtx-5090,sm_75..sm_90", "--platform", "linux-x86_64", "--init")
    ran = gpuenv("lock", *arguments, "--json", cwd=tmp_path, environ=user_of(server, tmp_path))
    assert ran.exit_code == 0, ran.stdout
    text = project.read_text()
    assert text.startswith(before)
    assert text.removeprefix(before) == (
        '\n[tool.gpuenv]\ntargets = [\n    "rtx-5090",\n    "sm_75..sm_90",\n]\n'
        'requirements = [\n    "torch",\n    "docreader",\n]\nplatforms = ["linux-x86_64"]\n'
    )
    table = read_project_table(tmp_path)
    assert table is not None
    assert (table.targets, table.platforms) == (("rtx-5090", "sm_75..sm_90"), ("linux-x86_64",))
    again = gpuenv("lock", "--init", "--json", cwd=tmp_path, environ=user_of(server, tmp_path))
    assert again.envelope["data"]["changed"] is False
    assert project.read_text() == text


def test_init_without_anything_names_any_card_in_a_file_of_its_own(server: IndexServer, tmp_path: Path) -> None:
    ran = gpuenv("lock", "--init", cwd=tmp_path, environ=user_of(server, tmp_path))
    assert ran.exit_code == 0, ran.stderr
    table = read_project_table(tmp_path)
    assert table is not None
    assert table.file == str(tmp_path / "gpuenv.toml")
    assert table.targets[0].startswith("sm_50..sm_12")
    assert (table.targets[1:], table.requirements) == (("cpu",), ("torch", "torchvision"))
    assert "`gpuenv lock` writes the locks" in ran.stdout


def test_init_does_not_go_with_a_check(tmp_path: Path, server: IndexServer) -> None:
    ran = lock(server, tmp_path, "--init", "--check")
    assert (ran.exit_code, [error["code"] for error in ran.envelope["errors"]]) == (2, ["options-clash"])
