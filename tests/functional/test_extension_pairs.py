"""`plan` and `install` choose the torch that an extension was built for, and say so."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from functional.test_extension_choice import PYTHON, SYSTEM, codes, run, wheel
from support.index_server import IndexServer
from support.small_environments import versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")

RELEASES = (
    'releases = [{ version = "1.0", torch = "==2.14.1", tags = ["cu13"] }, { version = "1.1", torch = "==2.15.0" }]\n'
)
WHEELS = 'wheels_for = [{ version = "2.0", torch = "==2.14.*", tags = ["cu130"] }]\n'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    """An index with torch 2.15.0 and 2.14.1."""
    with IndexServer() as running:
        for version in ("2.15.0+cu130", "2.14.1+cu130"):
            tags = f"{PYTHON}-{PYTHON}-{SYSTEM}"
            running.add(make_wheel(tmp_path / "wheels", "torch", version, tags=tags, requires=("sympy>=1",)), "cu130")
        running.add(make_wheel(tmp_path / "wheels", "sympy", "1.14.0"), "pypi")
        yield running


def add_paired(server: IndexServer, folder: Path) -> None:
    for version, torch in {"1.0": "2.14.1", "1.1": "2.15.0"}.items():
        made = make_wheel(folder / "wheels", "fast-knn", version, requires=(f"torch=={torch}",))
        server.add(made, "pypi")


def torch_of(envelope: dict[str, object]) -> object:
    data = envelope["data"]
    assert isinstance(data, dict)
    return data["resolution"]["torch"]["local"]


@pytest.mark.parametrize("kind", ["", 'source_build = "never"\n'])
def test_the_release_that_is_named_decides_on_torch(kind: str, server: IndexServer, tmp_path: Path) -> None:
    add_paired(server, tmp_path)
    row = RELEASES
    ran = run(server, tmp_path, "install", "fast-knn==1.0", "--venv", "env", wheels='"pypi"', row=row, kind=kind)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    installed = versions(tmp_path / "env")
    assert (installed["torch"], installed["fast-knn"]) == ("2.14.1+cu130", "1.0")
    (note,) = [found for found in ran.envelope["data"]["warnings"] if found["code"].startswith("extension-")]
    assert note["code"] == "extension-release-holds-torch"
    rejected = {found["candidate"]: found["code"] for found in ran.envelope["data"]["rejected"]}
    assert rejected["2.15.0+cu130"] == "extension-excludes"
    (hint,) = note["hints"]
    words = shlex.split(hint)
    assert words[:4] == ["gpuenv", "install", "torch==2.15.0", "fast-knn==1.1"]


@pytest.mark.parametrize("kind", ["", 'source_build = "never"\n'])
def test_without_a_version_the_newest_torch_gets_its_release(kind: str, server: IndexServer, tmp_path: Path) -> None:
    add_paired(server, tmp_path)
    ran = run(server, tmp_path, "plan", "fast-knn", "--venv", "env", wheels='"pypi"', row=RELEASES, kind=kind)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    planned = {step["project"]: step.get("version") for step in ran.envelope["data"]["steps"]}
    assert (torch_of(ran.envelope), planned["fast-knn"]) == ("2.15.0+cu130", "1.1")
    assert codes(ran) == []


def test_a_torch_that_is_there_and_works_stays_and_gets_its_release(server: IndexServer, tmp_path: Path) -> None:
    add_paired(server, tmp_path)
    assert run(server, tmp_path, "install", "torch==2.14.1", "--venv", "env").exit_code == 0
    ran = run(server, tmp_path, "install", "fast-knn", "--venv", "env", wheels='"pypi"', row=RELEASES)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    installed = versions(tmp_path / "env")
    assert (installed["torch"], installed["fast-knn"]) == ("2.14.1+cu130", "1.0")


def test_a_torch_and_a_release_that_do_not_fit_together_are_a_conflict_whose_hints_work(
    server: IndexServer, tmp_path: Path
) -> None:
    add_paired(server, tmp_path)
    asked = ("torch==2.15.0", "fast-knn==1.0")
    ran = run(server, tmp_path, "plan", *asked, "--venv", "env", wheels='"pypi"', row=RELEASES)
    assert ran.exit_code == 1, ran.stdout
    conflict = ran.envelope["data"]["conflict"]
    assert conflict["code"] == "extension-excludes-every-build"
    assert [cause["code"] for cause in conflict["causes"]] == ["change-extension", "change-requirement"]
    assert len(conflict["hints"]) == len(conflict["causes"])
    for hint in conflict["hints"]:
        words = shlex.split(hint)
        requirements = [word for word in words[2 : words.index("--venv")] if "==" in word]
        assert words[:2] == ["gpuenv", "plan"]
        again = run(server, tmp_path, "plan", *requirements, "--venv", "env", wheels='"pypi"', row=RELEASES)
        assert again.exit_code == 0, (hint, again.stdout)


def test_why_names_the_extension(server: IndexServer, tmp_path: Path) -> None:
    add_paired(server, tmp_path)
    ran = run(server, tmp_path, "plan", "fast-knn==1.0", "--why", "torch==2.15.0", wheels='"pypi"', row=RELEASES)
    assert ran.exit_code == 0, ran.stdout
    assert "extension-excludes" in ran.stdout


@pytest.mark.parametrize(
    ("code", "torch", "remarks"),
    [
        ("sm_120", "2.14.1+cu130", ["extension-wheel-holds-torch"]),
        ("sm_80 sm_90", "2.15.0+cu130", []),
    ],
)
def test_an_older_torch_is_chosen_for_a_wheel_that_serves_the_gpu_and_for_no_other(
    code: str, torch: str, remarks: list[str], server: IndexServer, tmp_path: Path
) -> None:
    server.add(wheel(tmp_path, "2.0+pt214cu130", code), "own")
    ran = run(server, tmp_path, "plan", "fast-knn", "--venv", "env", row=WHEELS)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert torch_of(ran.envelope) == torch
    assert codes(ran) == remarks
    planned = {step["project"]: step.get("version") for step in ran.envelope["data"]["steps"]}
    assert planned.get("fast-knn") == ("2.0+pt214cu130" if code == "sm_120" else None)


def test_no_older_torch_is_chosen_for_wheels_on_a_page_that_cannot_be_read(server: IndexServer, tmp_path: Path) -> None:
    with IndexServer() as gone:
        page = gone.flat_url
    ran = run(server, tmp_path, "plan", "fast-knn", "--venv", "env", wheels=f'"{page}"', row=WHEELS)
    assert torch_of(ran.envelope) == "2.15.0+cu130"
    assert codes(ran) == ["extension-compiled-page-unread"]


@pytest.mark.parametrize("kind", ["", 'source_build = "never"\n'])
def test_a_release_that_the_matrix_does_not_know_is_asked_for_its_torch(
    kind: str, server: IndexServer, tmp_path: Path
) -> None:
    add_paired(server, tmp_path)
    known = 'releases = [{ version = "0.9", torch = "==2.13.0" }]\n'
    for torch in ("2.15.0", "2.14.1"):  # the default index has builds too, whose metadata the engine reads
        server.add(make_wheel(tmp_path / "wheels" / "own", "torch", torch, requires=("sympy>=1",)), "pypi")
    ran = run(server, tmp_path, "plan", "fast-knn==1.0", "--venv", "env", wheels='"pypi"', row=known, kind=kind)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert torch_of(ran.envelope) == "2.14.1+cu130"
    planned = {step["project"]: step.get("version") for step in ran.envelope["data"]["steps"]}
    assert planned["fast-knn"] == "1.0"
