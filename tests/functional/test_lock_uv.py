"""An exported uv project: `uv lock` finds what was chosen, where it was, within the project's own limits."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gpuenv.install.engines.uv import find_uv
from support.in_process import gpuenv_here as gpuenv
from support.lock_index import lock_index, user_of
from support.wheels import make_wheel

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Ran
    from support.index_server import IndexServer

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PROJECT = f"""\
[project]
name = "app"
version = "1"
requires-python = "=={HERE}.*"
dependencies = ["colorama"]

[tool.uv]
package = false
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    with lock_index(tmp_path_factory.mktemp("wheels")) as server:
        yield server


def lock(server: IndexServer, folder: Path, *arguments: str, platform: str = "linux-x86_64") -> Ran:
    machine = ("--platform", platform, "--python", HERE, "--indexes", server.pytorch_url)
    return gpuenv(
        *("lock", "torch", *arguments, *machine, "--format", "uv", "--json"),
        cwd=folder,
        environ=user_of(server, folder),
    )


def uv(server: IndexServer, folder: Path, *arguments: str) -> None:
    variables = {**os.environ, **user_of(server, folder)}
    for name in ("UV_NO_CONFIG", "VIRTUAL_ENV", "CONDA_PREFIX"):
        variables.pop(name, None)
    variables |= {"UV_DEFAULT_INDEX": server.simple_url, "UV_PYTHON_DOWNLOADS": "never", "UV_PYTHON": sys.executable}
    subprocess.run([find_uv(os.environ), *arguments], check=True, capture_output=True, cwd=folder, env=variables)


def torch_in(folder: Path) -> list[tuple[str, str]]:
    document: dict[str, Any] = tomllib.loads((folder / "uv.lock").read_text())
    return sorted(
        (package["version"], package["source"]["registry"].rpartition("/")[2])
        for package in document["package"]
        if package["name"] == "torch"
    )


@pytest.mark.skipif(HERE not in {"3.11", "3.13"}, reason="the index has wheels of two Pythons")
def test_uv_locks_each_extra_from_its_own_index(server: IndexServer, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    for target in ("gtx-1080-ti", "rtx-5090", "cpu"):
        ran = lock(server, tmp_path, "--target", target)
        assert ran.exit_code == 0, ran.stdout
    assert lock(server, tmp_path, "--target", "rtx-5090", platform="windows-x86_64").exit_code == 0
    uv(server, tmp_path, "lock")
    assert torch_in(tmp_path) == [("2.14.1+cu126", "cu126"), ("2.15.0+cpu", "cpu"), ("2.15.0+cu132", "cu132")]
    uv(server, tmp_path, "lock", "--check")
    for extra, version in (("cu126", "2.14.1+cu126"), ("cu132", "2.15.0+cu132"), ("cpu", "2.15.0+cpu")):
        uv(server, tmp_path, "sync", "--locked", "--extra", extra)
        shown = "import torch; print(torch.__version__)"
        python = tmp_path / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        done = subprocess.run([python, "-c", shown], check=True, capture_output=True, text=True)
        assert done.stdout.strip() == version


def test_limits_of_the_project_hold_for_what_is_chosen(server: IndexServer, tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(PROJECT + 'constraint-dependencies = ["torch<2.15", "sympy<1.14"]\n')
    ran = lock(server, tmp_path, "--target", "rtx-3060")
    assert ran.exit_code == 0, ran.stdout
    assert ran.envelope["data"]["resolution"]["torch"]["local"] == "2.14.1+cu126"
    before = project.read_text()
    refused = lock(server, tmp_path, "--target", "rtx-5090")
    (error,) = refused.envelope["errors"]
    assert (refused.exit_code, error["code"]) == (1, "uv-project-limits")
    assert "limits torch<2.15 (tool.uv.constraint-dependencies)" in error["message"]
    assert project.read_text() == before


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ('exclude-dependencies = ["torch"]\n', "uv-project-excludes"),
        ('constraint-dependencies = ["sympy<1"]\n', "dependencies-conflict"),
        ('override-dependencies = ["torch==2.9.0"]\n', "uv-project-limits"),
    ],
)
def test_what_uv_would_stumble_over_is_said_before_anything_is_written(
    table: str, code: str, server: IndexServer, tmp_path: Path
) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(PROJECT + table)
    ran = lock(server, tmp_path, "--target", "rtx-3060")
    assert (ran.exit_code, [error["code"] for error in ran.envelope["errors"]]) == (1, [code])
    assert project.read_text() == PROJECT + table


def test_the_versions_of_an_extra_stay_until_an_upgrade_is_asked_for(server: IndexServer, tmp_path: Path) -> None:
    tag = f"cp{HERE.replace('.', '')}"
    older = make_wheel(tmp_path / "w", "torch", "2.13.0+cu126", tags=f"{tag}-{tag}-manylinux_2_28_x86_64")
    server.add(older, "cu126")
    project = tmp_path / "pyproject.toml"
    project.write_text(PROJECT)
    card = ("--target", "gtx-1080-ti")
    assert lock(server, tmp_path, *card).exit_code == 0
    text = project.read_text()
    project.write_text(text.replace("torch==2.14.1", "torch==2.13.0"))
    assert lock(server, tmp_path, *card, "--check").exit_code == 0
    for upgrade in (("-U",), ("--upgrade-package", "torch")):
        checked = lock(server, tmp_path, *card, "--check", *upgrade)
        assert (checked.exit_code, [one["kind"] for one in checked.envelope["data"]["differences"]]) == (1, ["text"])
    assert lock(server, tmp_path, *card, "-U").exit_code == 0
    assert project.read_text() == text


def test_a_dependency_with_a_source_of_its_own_is_left_to_uv(server: IndexServer, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    project = tmp_path / "pyproject.toml"
    project.write_text(
        PROJECT.replace('["colorama"]', '["colorama", "mine"]') + '\n[tool.uv.sources]\nmine = { path = "lib" }\n'
    )
    assert lock(server, tmp_path, "--target", "rtx-3060").exit_code == 0
