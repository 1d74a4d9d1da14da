"""`gpuenv install` with either engine: the same plan, the same outcome, and the same way back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.command import gpuenv
from support.index_server import Fault, IndexServer
from support.small_environments import make_venv, picture, python_of, site_packages_of, versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from support.command import Ran

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")

TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
WHEEL_TAGS = f"{TAG}-{TAG}-manylinux_2_28_x86_64"
RTX_5090 = ("--target", "rtx-5090", "--driver", "580.95.05")
BY_INSTALLERS = {"pip", "setuptools", "wheel"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    """An index whose torch is 2.15.0+cu130, with one dependency on the default index."""
    wheels = tmp_path / "wheels"
    with IndexServer(speaks_json=True) as running:
        running.add(make_wheel(wheels, "torch", "2.15.0+cu130", tags=WHEEL_TAGS, requires=("sympy>=1",)), "cu130")
        for name, version in (("sympy", "1.14.0"), ("nvidia-curand", "10.4.0.35")):
            running.add(make_wheel(wheels, name, version), "pypi")  # the second: for ONNX Runtime beside this torch
        yield running


@pytest.fixture(params=["uv", "pip"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def environ(server: IndexServer, tmp_path: Path) -> Mapping[str, str]:
    """Point pip, and through it uv, at the loopback index and at nothing else."""
    return {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": server.simple_url,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_CERT": "",
        "PIP_CACHE_DIR": str(tmp_path / "pip-cache"),
        "PIP_RETRIES": "0",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "UV_HTTP_RETRIES": "0",
        "GPUENV_CACHE_DIR": str(tmp_path / "cache"),
    }


def install(server: IndexServer, tmp_path: Path, *arguments: str, more: Mapping[str, str] | None = None) -> Ran:
    return gpuenv(
        *("install", *arguments, "--venv", "env", "--indexes", server.pytorch_url, "--json"),
        cwd=tmp_path,
        environ={**environ(server, tmp_path), **(more or {})},
    )


def codes(ran: Ran) -> list[str]:
    return [error["code"] for error in ran.envelope["errors"]]


def uv_pip(root: Path, server: IndexServer, tmp_path: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps", "--python", str(python_of(root))]
    subprocess.run(
        [*command, "--default-index", server.simple_url, *arguments],
        check=True,
        env={"PATH": "/usr/bin:/bin", "UV_CACHE_DIR": str(tmp_path / "uv-cache")},
    )


def test_both_engines_make_the_same_environment(server: IndexServer, tmp_path: Path) -> None:
    made = {}
    for engine in ("uv", "pip"):
        (tmp_path / engine).mkdir()
        ran = install(server, tmp_path / engine, "torch", *RTX_5090, "--engine", engine)
        assert ran.exit_code == 0, ran.stdout + ran.stderr
        assert ran.envelope["data"]["engine"] == engine
        files = picture(site_packages_of(tmp_path / engine / "env"))
        made[engine] = {
            name: found for name, found in files.items() if name.startswith(("torch/", "sympy/")) or "METADATA" in name
        }
        again = install(server, tmp_path / engine, "torch", *RTX_5090, "--engine", engine)
        assert again.envelope["data"]["changed"] is False
    assert made["uv"] == made["pip"]


def test_the_family_comes_from_its_own_index_only_whatever_the_default_index_has(
    server: IndexServer, tmp_path: Path, engine: str
) -> None:
    body = {"torch/__init__.py": "raise SystemExit('an impostor')\n"}
    server.add(make_wheel(tmp_path / "impostor", "torch", "2.15.0+cu130", tags=WHEEL_TAGS, files=body), "pypi")
    ran = install(server, tmp_path, "torch", *RTX_5090, "--engine", engine)
    assert ran.exit_code == 0, ran.stdout
    assert "impostor" not in (site_packages_of(tmp_path / "env") / "torch" / "__init__.py").read_text()


def test_a_wheel_that_is_not_the_one_that_the_index_promised_changes_nothing(
    server: IndexServer, tmp_path: Path, engine: str
) -> None:
    root = make_venv(tmp_path / "env", environ(server, tmp_path))
    uv_pip(root, server, tmp_path, "sympy")
    before = picture(root)
    (wheel,) = (tmp_path / "wheels").glob("torch-*.whl")
    wheel.write_bytes(wheel.read_bytes() + b"\0" * 16)
    ran = install(server, tmp_path, "torch", *RTX_5090, "--engine", engine)
    assert ran.exit_code == 1, ran.stdout
    assert codes(ran) == ["hash-mismatch", "state-before-restored"]
    assert ran.envelope["status"] == "rolled-back"
    assert "mismatch" in "\n".join(ran.envelope["data"]["last_lines"]).lower().replace("do not match", "mismatch")
    assert Path(ran.envelope["data"]["log"]).is_file()
    assert picture(root) == before


def test_a_failed_download_is_explained_and_leaves_nothing_behind(
    server: IndexServer, tmp_path: Path, engine: str
) -> None:
    server.fail("/whl/cu130/torch-2.15.0", Fault(status=403))
    ran = install(server, tmp_path, "torch", *RTX_5090, "--engine", engine)
    assert ran.exit_code == 1, ran.stdout
    assert codes(ran)[0] in {"index-refused", "remote-file-refused"}
    assert not (tmp_path / "env" / "pyvenv.cfg").exists()


def test_two_owners_of_one_folder_are_mended_and_the_second_stays_out(
    server: IndexServer, tmp_path: Path, engine: str
) -> None:
    wheels = tmp_path / "wheels"
    for name, version in (("onnxruntime", "1.26.0"), ("onnxruntime_gpu", "1.26.0"), ("onnxruntime_gpu", "1.31.1")):
        body = {"onnxruntime/__init__.py": f"owner = '{name}'\n", f"onnxruntime/{name}.py": ""}
        server.add(make_wheel(wheels, name, version, tags=WHEEL_TAGS, files=body), "pypi")
    server.add(make_wheel(wheels, "rembg", "2.0", requires=("onnxruntime>=1.20",)), "pypi")
    root = make_venv(tmp_path / "env", environ(server, tmp_path))
    uv_pip(root, server, tmp_path, "onnxruntime", "rembg", "sympy")
    uv_pip(root, server, tmp_path, "onnxruntime-gpu==1.26.0")
    (site_packages_of(root) / "onnxruntime" / "left-by-nobody.txt").write_text("")
    before = picture(root)
    ran = install(server, tmp_path, "torch", "onnxruntime-gpu", *RTX_5090, "--engine", engine)
    assert ran.exit_code == 0, ran.stdout
    assert ran.envelope["data"]["inconsistent"] == []
    installed = versions(root)
    assert "onnxruntime" not in installed
    assert installed["onnxruntime-gpu"] in {"1.26.0", "1.31.1"}
    folder = site_packages_of(root) / "onnxruntime"
    assert sorted(path.name for path in folder.iterdir() if path.name != "__pycache__") == [
        "__init__.py",
        "onnxruntime_gpu.py",
    ]
    assert (folder / "__init__.py").read_text() == "owner = 'onnxruntime_gpu'\n"
    assert "# left out on purpose: onnxruntime" in (root / ".gpuenv" / "constraints.txt").read_text()
    undone = gpuenv("undo", "--venv", "env", "--json", cwd=tmp_path, environ=environ(server, tmp_path))
    assert undone.exit_code == 0
    assert picture(root) == before


def test_a_dependent_that_the_stand_in_does_not_serve_is_told_of_and_asked_about(
    server: IndexServer, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    server.add(make_wheel(wheels, "onnxruntime_gpu", "1.31.1", tags=WHEEL_TAGS), "pypi")
    server.add(make_wheel(wheels, "onnxruntime", "1.99.0", tags=WHEEL_TAGS), "pypi")
    server.add(make_wheel(wheels, "rembg", "2.0", requires=("onnxruntime>=1.50",)), "pypi")
    root = make_venv(tmp_path / "env", environ(server, tmp_path))
    uv_pip(root, server, tmp_path, "onnxruntime", "rembg")
    before = picture(root)
    ran = install(server, tmp_path, "torch", "onnxruntime-gpu", *RTX_5090)
    assert codes(ran) == ["needs-consent"], ran.stdout
    assert [found["code"] for found in ran.envelope["data"]["inconsistent"]] == ["becomes-inconsistent"]
    assert picture(root) == before
    fresh = make_venv(tmp_path / "fresh" / "env", environ(server, tmp_path))
    refused = install(server, tmp_path / "fresh", "rembg", "onnxruntime-gpu", *RTX_5090)
    assert codes(refused) == ["outcome-inconsistent", "state-before-restored"], refused.stdout
    assert versions(fresh) == {}


def test_download_sizes_are_part_of_the_plan(server: IndexServer, tmp_path: Path) -> None:
    ran = install(server, tmp_path, "torch", *RTX_5090, "--dry-run")
    assert ran.exit_code == 0, ran.stdout
    (sympy,) = [step for step in ran.envelope["data"]["steps"] if step["project"] == "sympy"]
    (wheel,) = (tmp_path / "wheels").glob("sympy-*.whl")
    assert sympy["download_bytes"] == wheel.stat().st_size
    settings = {row["setting"]: (row["value"], row["origin"]) for row in ran.envelope["data"]["index_settings"]}
    assert settings["index-url"] == (server.simple_url, "environment variable PIP_INDEX_URL")


def test_another_python_than_the_environment_has_is_not_installed_for(server: IndexServer, tmp_path: Path) -> None:
    make_venv(tmp_path / "env", environ(server, tmp_path))
    ran = install(server, tmp_path, "torch", *RTX_5090, "--python", "3.9")
    assert codes(ran) == ["environment-python-differs"], ran.stdout
    assert versions(tmp_path / "env") == {}


def test_without_a_snapshot_there_is_no_way_back(server: IndexServer, tmp_path: Path) -> None:
    make_venv(tmp_path / "env", environ(server, tmp_path))
    ran = install(server, tmp_path, "torch", *RTX_5090, "--no-snapshot", "--check-hashes")
    assert ran.exit_code == 0, ran.stdout
    assert ran.envelope["data"]["snapshot_bytes"] is None
    assert not list((tmp_path / "env" / ".gpuenv").glob("changes/*/snapshot/*"))


def test_in_a_uv_project_the_lasting_way_is_named(server: IndexServer, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "0"\n[tool.uv]\n')
    ran = gpuenv(
        *("install", "torch", *RTX_5090, "--venv", ".venv", "--indexes", server.pytorch_url, "--json"),
        cwd=tmp_path,
        environ=environ(server, tmp_path),
    )
    assert ran.exit_code == 0, ran.stdout
    (warning,) = [found for found in ran.envelope["data"]["warnings"] if found["code"] == "uv-project-reverts"]
    assert str(tmp_path) in warning["message"]


def test_two_runs_at_once_end_with_one_change(server: IndexServer, tmp_path: Path) -> None:
    make_venv(tmp_path / "env", environ(server, tmp_path))
    command = [sys.executable, "-m", "gpuenv", "install", "torch", *RTX_5090, "--venv", "env"]
    runs = [
        subprocess.Popen(
            [*command, "--indexes", server.pytorch_url],
            cwd=tmp_path,
            env={**os.environ, **environ(server, tmp_path), "GPUENV_LANG": "en"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert {name: found for name, found in versions(tmp_path / "env").items() if name not in BY_INSTALLERS} == {
        "torch": "2.15.0+cu130",
        "sympy": "1.14.0",
    }


def test_what_is_said_at_the_end_is_what_a_person_needs(server: IndexServer, tmp_path: Path) -> None:
    make_venv(tmp_path / "env", environ(server, tmp_path))
    ran = gpuenv(
        *("install", "torch", *RTX_5090, "--venv", "env", "--indexes", server.pytorch_url),
        cwd=tmp_path,
        environ={**environ(server, tmp_path), "SHELL": "/usr/bin/fish"},
    )
    assert ran.exit_code == 0, ran.stderr
    for line in (
        "changed:",
        "  + torch 2.15.0+cu130",
        "next: gpuenv run --venv env -- python app.py",
        "or, in this shell: source env/bin/activate.fish",
    ):
        assert line in ran.stdout.splitlines()
    assert "back: gpuenv undo --venv env" in ran.stdout
    assert ran.stdout.count("chosen   torch") == 1
