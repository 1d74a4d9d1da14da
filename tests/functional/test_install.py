"""`gpuenv install` as a command, over a loopback index: done, undone, refused."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from support.in_process import gpuenv_here as gpuenv
from support.index_server import Fault, IndexServer
from support.small_environments import picture, python_of, versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.command import Ran

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")

TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
WHEEL_TAGS = f"{TAG}-{TAG}-manylinux_2_28_x86_64"
RTX_5090 = ("--target", "rtx-5090", "--driver", "580.95.05")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    """An index whose torch is 2.15.0+cu130, with one dependency on the default index."""
    wheels = tmp_path / "wheels"
    with IndexServer() as running:
        running.add(make_wheel(wheels, "torch", "2.15.0+cu130", tags=WHEEL_TAGS, requires=("sympy>=1",)), "cu130")
        running.add(make_wheel(wheels, "torch", "2.14.1+cu130", tags=WHEEL_TAGS, requires=("sympy>=1",)), "cu130")
        running.add(make_wheel(wheels, "torch", "2.13.0+cpu", tags=WHEEL_TAGS, requires=("sympy>=1",)), "cpu")
        running.add(make_wheel(wheels, "sympy", "1.14.0"), "pypi")
        yield running


def environ(server: IndexServer, tmp_path: Path) -> Mapping[str, str]:
    """Point pip, and through it uv, at the loopback index and at nothing else."""
    return {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": server.simple_url,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_CERT": "",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "GPUENV_CACHE_DIR": str(tmp_path / "cache"),
    }


def install(server: IndexServer, tmp_path: Path, *arguments: str) -> Ran:
    return gpuenv(
        *("install", *arguments, "--venv", "env", "--indexes", server.pytorch_url, "--json"),
        cwd=tmp_path,
        environ=environ(server, tmp_path),
    )


def test_a_described_gpu_gets_its_build_and_is_told_that_nothing_was_run(server: IndexServer, tmp_path: Path) -> None:
    ran = install(server, tmp_path, "torch", *RTX_5090)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert ran.envelope["status"] == "unverified"
    assert ran.envelope["data"]["changed"] is True
    installed = versions(tmp_path / "env")
    assert {name: installed[name] for name in ("torch", "sympy")} == {"torch": "2.15.0+cu130", "sympy": "1.14.0"}
    assert (tmp_path / "env" / ".gpuenv" / "constraints.txt").read_text() == "torch==2.15.0+cu130\n"
    steps = [(step["action"], step["project"], step["version"]) for step in ran.envelope["data"]["steps"]]
    assert ("install", "torch", "2.15.0+cu130") in steps
    assert ("install", "sympy", "1.14.0") in steps


def test_a_second_run_has_nothing_to_do_and_asks_no_index(server: IndexServer, tmp_path: Path) -> None:
    assert install(server, tmp_path, "torch", *RTX_5090).exit_code == 0
    before, asked = picture(tmp_path / "env", with_caches=True), len(server.log)
    again = install(server, tmp_path, "torch", *RTX_5090)
    assert again.exit_code == 0
    assert again.envelope["status"] == "ok"
    assert again.envelope["data"]["changed"] is False
    assert [step["action"] for step in again.envelope["data"]["steps"]] == ["keep"]
    assert len(server.log) == asked
    assert picture(tmp_path / "env", with_caches=True) == before


def test_a_build_that_does_not_run_is_replaced_by_the_same_version_of_another_tag(
    server: IndexServer, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    server.add(make_wheel(wheels, "torch", "2.10.0+cu126", tags=WHEEL_TAGS), "cu126")
    server.add(make_wheel(wheels, "torch", "2.10.0+cu128", tags=WHEEL_TAGS), "cu128")
    assert install(server, tmp_path, "torch==2.10.0+cu126", "--target", "v100", "--driver", "580.95.05").exit_code == 0
    ran = install(server, tmp_path, *RTX_5090)
    assert ran.exit_code == 0, ran.stdout
    assert versions(tmp_path / "env")["torch"] == "2.10.0+cu128"
    upgraded = install(server, tmp_path, "-U", "torch", *RTX_5090)
    assert upgraded.exit_code == 0, upgraded.stdout
    assert versions(tmp_path / "env")["torch"] == "2.15.0+cu130"


def test_a_build_that_fails_its_checks_leaves_the_environment_as_it_was(server: IndexServer, tmp_path: Path) -> None:
    assert install(server, tmp_path, "torch", *RTX_5090).exit_code == 0
    before = picture(tmp_path / "env")
    ran = install(server, tmp_path, "torch", "--target", "cpu")
    assert ran.exit_code == 3, ran.stdout + ran.stderr
    assert ran.envelope["status"] == "rolled-back"
    assert ran.envelope["data"]["changed"] is False
    assert ran.envelope["errors"][0]["code"] == "verification-failed"
    assert picture(tmp_path / "env") == before


def test_a_new_environment_that_fails_is_gone_again(server: IndexServer, tmp_path: Path) -> None:
    ran = install(server, tmp_path, "torch", "--target", "cpu")
    assert ran.exit_code == 3
    assert not (tmp_path / "env" / "pyvenv.cfg").exists()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(status=500), "index-answered-error"),
        (Fault(body=b"<html><body>Welcome to the captive portal</body></html>"), "index-not-an-index"),
        (Fault(body=b"\x00\xff\x00garbage"), "index-not-an-index"),
        (Fault(status=404), "index-not-found"),
        (Fault(status=403), "index-forbidden"),
    ],
    ids=("500", "portal", "garbage", "404", "403"),
)
def test_an_index_that_cannot_be_used_is_an_answer_and_changes_nothing(
    server: IndexServer, tmp_path: Path, fault: Fault, code: str
) -> None:
    server.fail("/whl", fault)
    ran = install(server, tmp_path, "torch", *RTX_5090)
    assert ran.exit_code == 1
    assert [error["code"] for error in ran.envelope["errors"]] == [code]
    assert not (tmp_path / "env" / "pyvenv.cfg").exists()


def test_an_index_that_is_not_there_is_an_answer(server: IndexServer, tmp_path: Path) -> None:
    ran = gpuenv(
        *("install", "torch", *RTX_5090, "--venv", "env", "--indexes", "http://127.0.0.1:9/whl", "--json"),
        cwd=tmp_path,
        environ=environ(server, tmp_path),
    )
    assert ran.exit_code == 1
    assert [error["code"] for error in ran.envelope["errors"]] == ["index-unreachable"]


def test_a_wheel_that_cannot_be_downloaded_leaves_nothing_behind(server: IndexServer, tmp_path: Path) -> None:
    server.fail("/files", Fault(status=500))
    server.fail("/whl/cu130/torch-", Fault(status=500))
    ran = install(server, tmp_path, "torch", *RTX_5090)
    assert ran.exit_code == 1
    assert ran.envelope["errors"]
    assert not (tmp_path / "env" / "pyvenv.cfg").exists()


def test_packages_outside_the_family_change_only_with_consent(server: IndexServer, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    server.add(make_wheel(wheels, "torch", "2.11.0+cu130", tags=WHEEL_TAGS, requires=("sympy<1.14",)), "cu130")
    server.add(make_wheel(wheels, "sympy", "1.13.0"), "pypi")
    assert install(server, tmp_path, "torch", *RTX_5090).exit_code == 0
    before = picture(tmp_path / "env")
    ran = install(server, tmp_path, "torch==2.11.0", *RTX_5090)
    assert ran.exit_code == 1
    assert [error["code"] for error in ran.envelope["errors"]] == ["needs-consent"]
    assert picture(tmp_path / "env") == before
    (hint,) = ran.envelope["errors"][0]["hints"]
    assert hint.startswith("gpuenv install --yes torch==2.11.0 --target rtx-5090 ")
    consented = gpuenv(*shlex.split(hint)[1:], cwd=tmp_path, environ=environ(server, tmp_path))
    assert consented.exit_code == 0, consented.stdout
    assert versions(tmp_path / "env")["sympy"] == "1.13.0"


def test_undo_brings_the_state_before_back(server: IndexServer, tmp_path: Path) -> None:
    assert install(server, tmp_path, "torch==2.14.1", *RTX_5090).exit_code == 0
    before = picture(tmp_path / "env")
    assert install(server, tmp_path, "-U", "torch", *RTX_5090).exit_code == 0
    assert versions(tmp_path / "env")["torch"] == "2.15.0+cu130"
    undone = gpuenv("undo", "--venv", "env", "--json", cwd=tmp_path, environ=environ(server, tmp_path))
    assert undone.exit_code == 0
    assert picture(tmp_path / "env") == before


def test_a_new_environment_that_was_undone_can_be_made_again(server: IndexServer, tmp_path: Path) -> None:
    assert install(server, tmp_path, "torch", *RTX_5090).exit_code == 0
    undone = gpuenv("undo", "--venv", "env", "--json", cwd=tmp_path, environ=environ(server, tmp_path))
    assert undone.exit_code == 0
    assert not (tmp_path / "env" / "pyvenv.cfg").exists()
    again = install(server, tmp_path, "torch", *RTX_5090)
    assert again.exit_code == 0, again.stdout + again.stderr
    assert versions(tmp_path / "env")["torch"] == "2.15.0+cu130"


def test_a_file_altered_at_the_same_size_is_found_with_check_hashes_and_mended(
    server: IndexServer, tmp_path: Path
) -> None:
    assert install(server, tmp_path, "torch==2.14.1", *RTX_5090).exit_code == 0
    (file,) = (tmp_path / "env").glob("lib/python*/site-packages/torch/__init__.py")
    content = file.read_bytes()
    altered = content[:-1] + bytes([content[-1] ^ 1])
    file.unlink()  # linked into the engine's cache
    file.write_bytes(altered)
    assert install(server, tmp_path, "torch", *RTX_5090).envelope["data"]["changed"] is False
    ran = install(server, tmp_path, "torch", *RTX_5090, "--check-hashes")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    steps = [(step["project"], step["version"], step["reason"]["code"]) for step in ran.envelope["data"]["steps"]]
    assert steps == [("torch", "2.14.1+cu130", "installed-copy-broken")]
    assert file.read_bytes() == content
    assert install(server, tmp_path, "torch", *RTX_5090, "--check-hashes").envelope["data"]["changed"] is False


def test_what_runs_no_kernels_is_not_called_proven(server: IndexServer, tmp_path: Path) -> None:
    assert install(server, tmp_path, "torch", *RTX_5090).exit_code == 0
    server.add(make_wheel(tmp_path / "wheels", "colorama", "0.4.6"), "pypi")
    ran = gpuenv(
        *("install", "colorama", "--venv", "env", "--indexes", server.pytorch_url, *RTX_5090),
        cwd=tmp_path,
        environ=environ(server, tmp_path),
    )
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert "install  colorama 0.4.6  (requested)" in ran.stdout.splitlines()
    assert "done: env is as planned" in ran.stdout.splitlines()


def test_an_environment_whose_python_is_gone_is_named(server: IndexServer, tmp_path: Path) -> None:
    assert install(server, tmp_path, "torch", *RTX_5090).exit_code == 0
    python = python_of(tmp_path / "env")
    for name in ("python", "python3", f"python{sys.version_info.major}.{sys.version_info.minor}"):
        (python.parent / name).unlink(missing_ok=True)
    ran = install(server, tmp_path, "torch", *RTX_5090)
    assert ran.exit_code == 1
    assert [error["code"] for error in ran.envelope["errors"]] == ["environment-python-gone"]


def test_what_a_package_needs_of_the_family_is_chosen_for_the_gpu(server: IndexServer, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    server.add(make_wheel(wheels, "readerlib", "1.0", requires=("torch",)), "pypi")
    server.add(make_wheel(wheels, "torch", "2.15.0", tags=WHEEL_TAGS), "pypi")
    ran = install(server, tmp_path, "readerlib", *RTX_5090)
    assert ran.exit_code == 0, ran.stdout
    installed = versions(tmp_path / "env")
    assert (installed["torch"], installed["readerlib"]) == ("2.15.0+cu130", "1.0")
    assert "torchvision" not in installed

    asked = len(server.log)
    again = install(server, tmp_path, "readerlib", *RTX_5090)
    assert again.exit_code == 0
    assert again.envelope["data"]["changed"] is False
    assert [(step["action"], step["project"]) for step in again.envelope["data"]["steps"]] == [("keep", "torch")]
    assert len(server.log) == asked


def test_a_package_that_needs_nothing_of_the_family_brings_none_of_it(server: IndexServer, tmp_path: Path) -> None:
    ran = install(server, tmp_path, "sympy", *RTX_5090)
    assert ran.exit_code == 0, ran.stdout
    assert set(versions(tmp_path / "env")) - {"pip", "setuptools", "wheel"} == {"sympy"}


def test_a_dependency_of_the_family_is_chosen_for_the_driver_and_not_taken_as_it_comes(
    server: IndexServer, tmp_path: Path
) -> None:
    """Its newest release is of CUDA 13, which a driver of CUDA 12.9 cannot load; torch beside it is of CUDA 12."""
    wheels = tmp_path / "wheels"
    server.add(make_wheel(wheels, "torch", "2.11.0+cu128", tags=WHEEL_TAGS), "cu128")
    server.add(make_wheel(wheels, "removerlib", "1.0", requires=("onnxruntime-gpu",)), "pypi")
    for version in ("1.26.0", "1.31.1"):
        server.add(make_wheel(wheels, "onnxruntime_gpu", version, tags=WHEEL_TAGS), "pypi")
    machine = ("--target", "rtx-5090", "--driver", "575.57.08")
    ran = install(server, tmp_path, "torch", "removerlib", *machine)
    assert ran.exit_code == 0, ran.stdout
    installed = versions(tmp_path / "env")
    assert (installed["torch"], installed["onnxruntime-gpu"]) == ("2.11.0+cu128", "1.26.0")
