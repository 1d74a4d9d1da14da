"""It stays mended: the pins that an install leaves, and what is said of an environment that others changed since."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from gpuenv.install.change import change
from support.command import gpuenv
from support.index_server import IndexServer
from support.killing import killed_at
from support.small_environments import make_venv, python_of, versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Ran

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the wheels of these tests are made for POSIX")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    wheels = tmp_path / "wheels"
    with IndexServer() as running:
        for version in ("2.13.0", "2.15.0"):
            running.add(make_wheel(wheels, "torch", version), "pypi")
        running.add(make_wheel(wheels, "oldapp", "1.0", requires=("torch<2.14",)), "pypi")
        yield running


def uv_install(root: Path, server: IndexServer, *requirements: str) -> None:
    command = [find_uv_bin(), "pip", "install", "-q", "--python", str(python_of(root))]
    environ = {"PATH": os.environ["PATH"], "UV_NO_CACHE": "1", "UV_NO_CONFIG": "1"}
    subprocess.run([*command, "--default-index", server.simple_url, *requirements], check=True, env=environ)


@pytest.fixture
def mended(tmp_path: Path, server: IndexServer) -> Path:
    """An environment to which a change brought torch 2.15.0."""
    root = make_venv(tmp_path / "env", os.environ)
    with change(root) as ongoing:
        uv_install(root, server, "torch==2.15.0")
        ongoing.commit(pins=("torch==2.15.0",))
    return root


def diagnose(root: Path) -> Ran:
    return gpuenv(
        *("diagnose", "--json", "--venv", str(root)),
        cwd=root.parent,
        environ={"GPUENV_GPUS": "RTX 5090", "GPUENV_DRIVER": "580.95.05"},
    )


def test_an_environment_as_gpuenv_left_it_has_not_drifted(mended: Path) -> None:
    found = diagnose(mended).envelope
    assert found["data"]["drift"] == []
    assert found["status"] != "drift"


def test_a_package_that_pulled_in_another_version_is_named_with_the_way_back(mended: Path, server: IndexServer) -> None:
    uv_install(mended, server, "oldapp")
    assert versions(mended)["torch"] == "2.13.0"
    ran = diagnose(mended)
    assert (ran.exit_code, ran.envelope["status"]) == (1, "drift")
    assert ran.envelope["data"]["drift"] == [
        {
            "project": "torch",
            "recorded": "2.15.0",
            "found": "2.13.0",
            "installer": "uv",
            "caused_by": [{"project": "oldapp", "version": "1.0", "requirement": "torch<2.14"}],
        }
    ]
    by_code = {error["code"]: error for error in ran.envelope["errors"]}
    assert "oldapp 1.0 (torch<2.14)" in by_code["drifted-by"]["message"]
    assert by_code["drift-mended-by"]["hints"] == [f"gpuenv install --venv {mended} torch==2.15.0"]


def test_what_was_installed_by_name_is_told_with_its_installer(mended: Path, server: IndexServer) -> None:
    uv_install(mended, server, "torch==2.13.0")
    errors = diagnose(mended).envelope["errors"]
    assert [error["code"] for error in errors] == ["drifted", "drift-mended-by"]
    assert errors[0]["message"].endswith("is 2.13.0 now, installed by uv")


def test_installers_that_gpuenv_run_starts_keep_the_pins(mended: Path, server: IndexServer) -> None:
    uv = [find_uv_bin(), "pip", "install", "--python", str(python_of(mended)), "--default-index", server.simple_url]
    kept = {"UV_NO_CACHE": "1", "UV_NO_CONFIG": "1"}
    ran = gpuenv("run", "--venv", str(mended), "--", *uv, "oldapp", cwd=mended.parent, environ=kept)
    assert ran.exit_code != 0
    assert "torch==2.15.0" in ran.stderr
    assert versions(mended)["torch"] == "2.15.0"


def test_a_change_that_was_broken_off_is_told_with_the_way_back(mended: Path) -> None:
    def work() -> None:
        with change(mended):
            (mended / "lib64").unlink()
            os.kill(os.getpid(), 9)

    assert killed_at(10_000, work)
    ran = diagnose(mended)
    (error,) = ran.envelope["errors"]
    assert (ran.exit_code, error["code"]) == (1, "change-unfinished")
    assert error["hints"] == [f"gpuenv undo --venv {mended}"]
    assert gpuenv("undo", "--venv", str(mended), cwd=mended.parent).exit_code == 0
    assert diagnose(mended).envelope["errors"] == []
