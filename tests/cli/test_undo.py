"""`gpuenv undo` as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gpuenv.install.change import change
from support.small_environments import make_venv, picture, site_packages_of

if TYPE_CHECKING:
    from pathlib import Path


def gpuenv(*arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ.get("PATH", ""), "GPUENV_LANG": "en"}
    return subprocess.run(
        [sys.executable, "-m", "gpuenv", *arguments], check=False, capture_output=True, text=True, env=environ
    )


def undo(root: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    ran = gpuenv("undo", "--json", "--venv", str(root), *arguments)
    envelope: dict[str, Any] = json.loads(ran.stdout)
    assert envelope["exit_code"] == ran.returncode
    return ran.returncode, envelope


def add_distribution(root: Path, name: str, version: str) -> None:
    info = site_packages_of(root) / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text(f"{info.name}/METADATA,,\n{info.name}/RECORD,,\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_venv(tmp_path / "env", os.environ)


def test_there_and_back(root: Path) -> None:
    before = picture(root)
    with change(root) as ongoing:
        add_distribution(root, "torch", "2.0+cu126")
        ongoing.commit()
    after = picture(root)
    exit_code, envelope = undo(root)
    assert (exit_code, envelope["status"], envelope["errors"]) == (0, "ok", [])
    assert envelope["data"] == {
        "changed": True,
        "environment": str(root),
        "outcome": "done",
        "changes": [{"project": "torch", "before": "2.0+cu126", "after": None}],
        "since": [],
        "files_since": [],
    }
    assert picture(root) == before
    ran = gpuenv("undo", "--venv", str(root))
    assert ran.returncode == 0
    assert "+ torch 2.0+cu126" in ran.stdout
    assert f"gpuenv undo --venv {root}" in ran.stdout
    assert picture(root) == after


def test_nothing_to_undo_is_a_no(root: Path) -> None:
    exit_code, envelope = undo(root)
    assert (exit_code, envelope["status"]) == (1, "failed")
    assert [error["code"] for error in envelope["errors"]] == ["nothing-to-undo"]
    assert envelope["data"]["changed"] is False


def test_what_others_did_since_is_named_with_the_command_that_gives_it_up(root: Path) -> None:
    with change(root) as ongoing:
        add_distribution(root, "torch", "2.0+cu126")
        ongoing.commit()
    add_distribution(root, "numpy", "2.4.0")
    exit_code, envelope = undo(root)
    assert (exit_code, envelope["status"]) == (1, "drift")
    (error,) = envelope["errors"]
    assert error["code"] == "changed-since"
    assert "+ numpy 2.4.0" in error["message"]
    assert error["hints"] == [f"gpuenv undo --venv {root} --discard-changes"]
    assert undo(root, "--discard-changes")[0] == 0
    assert not list(site_packages_of(root).glob("*.dist-info"))
