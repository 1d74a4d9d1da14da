"""`plan`, `install` and `lock` choose wheels of CUDA extensions for the chosen torch, or say how they are built."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.command import Ran, gpuenv
from support.fatbin import containers, elf
from support.index_server import IndexServer
from support.sdists import make_sdist
from support.small_environments import versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")

MATRIX = Path(__file__).parents[2] / "matrices" / "2026.11"
PYTHON = f"cp3{sys.version_info.minor}"
SYSTEM = "manylinux_2_28_x86_64"
BUILT_WITHOUT_WHEEL = 'source_build = "without-wheel"\n'
RTX_5090 = ("--target", "rtx-5090", "--driver", "580.95.05")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    """An index whose torch is 2.15.0+cu130; the source of `fast-knn` is on the default index, as for many."""
    wheels = tmp_path / "wheels"
    with IndexServer() as running:
        tags = f"{PYTHON}-{PYTHON}-{SYSTEM}"
        running.add(make_wheel(wheels, "torch", "2.15.0+cu130", tags=tags, requires=("sympy>=1",)), "cu130")
        running.add(make_wheel(wheels, "sympy", "1.14.0"), "pypi")
        running.add(make_sdist(wheels, "fast_knn", "2.9", mark=tmp_path / "built", is_stated=False), "pypi")
        yield running


def wheel(folder: Path, version: str, code: str) -> Path:
    files: dict[str, str | bytes] = {
        "fast_knn/__init__.py": "",
        "fast_knn/kernels.so": elf((".nv_fatbin", containers(code))),
    }
    tags = f"{PYTHON}-{PYTHON}-linux_x86_64"
    return make_wheel(folder / "wheels", "fast-knn", version, tags=tags, requires=("torch", "sympy"), files=files)


def run(
    server: IndexServer,
    folder: Path,
    command: str,
    *arguments: str,
    row: str = "",
    wheels: str | None = None,
    kind: str = "",
) -> Ran:
    """Run a command with a matrix that knows `fast-knn`; its wheels are on the server's flat page unless told."""
    shutil.copytree(MATRIX, folder / "matrix", dirs_exist_ok=True)
    places = f'"{server.flat_url}"' if wheels is None else wheels
    made = (
        f'\n[[extension]]\npackage = "fast-knn"\nwheels = [{places}]\nbinds_to_torch = true\n'
        f'{kind or BUILT_WITHOUT_WHEEL}import_check = "import fast_knn"\nsource = "simple-knn"\n{row}\n'
    )
    text = (MATRIX / "extensions.toml").read_text()
    (folder / "matrix" / "extensions.toml").write_text(text.replace("\n[sources]\n", f"{made}\n[sources]\n"))
    environ = {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": server.simple_url,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_CERT": "",
        "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "GPUENV_CACHE_DIR": str(folder / "cache"),
    }
    shared = ("--indexes", server.pytorch_url, "--matrix", str(folder / "matrix"), "--json")
    return gpuenv(command, *arguments, *RTX_5090, *shared, cwd=folder, environ=environ)


def add_wheels(server: IndexServer, folder: Path) -> None:
    for version, code in {
        "2.3+pt214cu130": "sm_120",  # of another torch
        "2.2+pt215cu128": "sm_120",  # of another CUDA
        "2.1+pt215cu130": "sm_80 sm_90",
        "2.0+pt215cu130": "sm_90 sm_120",
    }.items():
        server.add(wheel(folder, version, code), "own")


def codes(ran: Ran) -> list[str]:
    return [note["code"] for note in ran.envelope["data"]["warnings"] if note["code"].startswith("extension-")]


def test_the_wheel_for_the_chosen_torch_that_serves_the_gpu_is_installed_and_stays(
    server: IndexServer, tmp_path: Path
) -> None:
    add_wheels(server, tmp_path)
    ran = run(server, tmp_path, "install", "fast-knn", "--venv", "env")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    installed = versions(tmp_path / "env")
    assert (installed["torch"], installed["fast-knn"]) == ("2.15.0+cu130", "2.0+pt215cu130")
    assert codes(ran) == []
    again = run(server, tmp_path, "install", "fast-knn", "--venv", "env")
    assert (again.exit_code, again.envelope["data"]["changed"]) == (0, False)
    assert not (tmp_path / "built").exists()


def test_a_lock_names_the_wheel_and_its_page(server: IndexServer, tmp_path: Path) -> None:
    add_wheels(server, tmp_path)
    version = f"3.{sys.version_info.minor}"
    ran = run(server, tmp_path, "lock", "fast-knn", "--platform", "linux-x86_64", "--python", version, "-o", "gpu.txt")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    lines = (tmp_path / "gpu.txt").read_text().splitlines()
    assert "fast-knn==2.0+pt215cu130 \\" in lines
    assert f"--find-links {server.flat_url}" in lines


@pytest.mark.parametrize("command", ["plan", "install"])
def test_what_has_no_wheel_for_the_gpu_is_left_out_where_nothing_is_to_be_built(
    command: str, server: IndexServer, tmp_path: Path
) -> None:
    server.add(wheel(tmp_path, "2.1+pt215cu130", "sm_80 sm_90"), "own")
    ran = run(server, tmp_path, command, "fast-knn", "--venv", "env", "--no-build")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    (note,) = [found for found in ran.envelope["data"]["warnings"] if found["code"] == "extension-needs-build"]
    assert note["hints"] == ["gpuenv build fast-knn --target rtx-5090 --venv env"]
    assert "fast-knn" not in {step["project"] for step in ran.envelope["data"]["steps"]}
    assert "torch" in {step["project"] for step in ran.envelope["data"]["steps"]}
    assert not (tmp_path / "built").exists()


def test_a_wheel_on_the_users_own_index_serves_too(server: IndexServer, tmp_path: Path) -> None:
    server.add(wheel(tmp_path, "2.0+pt215cu130", "sm_120"), "pypi")
    ran = run(server, tmp_path, "install", "fast-knn", "--venv", "env", wheels="")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert versions(tmp_path / "env")["fast-knn"] == "2.0+pt215cu130"


def test_of_the_default_index_the_release_that_goes_with_the_torch_is_taken(
    server: IndexServer, tmp_path: Path
) -> None:
    for version in ("1.0", "1.1", "1.2"):
        server.add(wheel(tmp_path, version, "sm_120"), "pypi")
    pairs = 'torch = { "1.0" = "==2.14.1", "1.1" = "==2.15.0" }\nsass = "75 80 120"\n'
    ran = run(server, tmp_path, "install", "fast-knn", "--venv", "env", wheels='"pypi"', row=pairs)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert versions(tmp_path / "env")["fast-knn"] == "1.1"
    assert codes(ran) == []


def test_offline_a_plan_says_that_no_page_was_read(server: IndexServer, tmp_path: Path) -> None:
    ran = run(server, tmp_path, "plan", "fast-knn", "--offline")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert codes(ran) == ["extension-not-looked-for"]
    assert ran.envelope["data"]["resolution"]["torch"]["local"] == "2.15.0+cu130"
    assert server.log == []


def test_bitsandbytes_without_code_for_the_gpu_is_replaced_unless_the_user_asks_for_it(
    server: IndexServer, tmp_path: Path
) -> None:
    for version in ("0.45.0", "0.50.2"):
        server.add(make_wheel(tmp_path / "wheels", "bitsandbytes", version, requires=("torch",)), "pypi")
    (tmp_path / "limits.txt").write_text("bitsandbytes<0.46\n")
    (tmp_path / "files.txt").write_text("torch\nbitsandbytes\n-c limits.txt\n")
    for arguments, version in (
        (("torch", "bitsandbytes==0.45.0"), "0.45.0"),
        (("-r", "files.txt"), "0.45.0"),
        (("torch", "bitsandbytes"), "0.50.2"),
    ):
        ran = run(server, tmp_path, "install", *arguments, "--venv", "env", "--yes")
        assert ran.exit_code == 0, ran.stdout + ran.stderr
        assert versions(tmp_path / "env")["bitsandbytes"] == version


@pytest.mark.parametrize(
    ("arguments", "code"), [((), "extension-compiled-page-unread"), (("--no-build",), "extension-page-unread")]
)
def test_a_page_that_cannot_be_read_is_named(
    arguments: tuple[str, ...], code: str, server: IndexServer, tmp_path: Path
) -> None:
    with IndexServer() as gone:
        page = gone.flat_url
    ran = run(server, tmp_path, "plan", "fast-knn", "--venv", "env", *arguments, wheels=f'"{page}"')
    assert codes(ran) == [code]
    (note,) = [found for found in ran.envelope["data"]["warnings"] if found["code"] == code]
    assert page in note["message"]


def test_what_has_no_wheel_for_the_gpu_is_planned_to_be_built(server: IndexServer, tmp_path: Path) -> None:
    server.add(wheel(tmp_path, "2.1+pt215cu130", "sm_80 sm_90"), "own")
    ran = run(server, tmp_path, "plan", "fast-knn>=2", row="core_minutes = 320\n")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert codes(ran) == []
    assert ran.envelope["data"]["steps"][-1] == {
        "action": "build",
        "project": "fast-knn",
        "version": None,
        "reason": {
            "code": "no-wheel-of-extension",
            "message": "no wheel of it serves this GPU beside torch 2.15.0+cu130",
        },
        "replaces": None,
        "source": "fast-knn>=2",
        "application": None,
        "torch": "2.15.0+cu130",
        "architectures": ["12.0"],
        "compiler": None,
        "files": None,
        "expected_minutes": None,
    }


def test_of_the_default_index_no_wheel_is_taken_that_is_older_than_the_gpu(server: IndexServer, tmp_path: Path) -> None:
    server.add(wheel(tmp_path, "1.1", "sm_80"), "pypi")
    ran = run(server, tmp_path, "plan", "fast-knn", "--venv", "env", wheels='"pypi"', row='sass = "75 80"\n')
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert [(step["action"], step["project"]) for step in ran.envelope["data"]["steps"]] == [
        ("install", "torch"),
        ("install", "sympy"),
        ("build", "fast-knn"),
    ]


def test_what_nobody_compiles_and_holds_nothing_for_the_gpu_is_a_conflict(server: IndexServer, tmp_path: Path) -> None:
    server.add(wheel(tmp_path, "1.1", "sm_80"), "pypi")
    never = {"wheels": '"pypi"', "row": 'sass = "75 80"\n', "kind": 'source_build = "never"\n'}
    ran = run(server, tmp_path, "plan", "torch", "fast-knn", "--no-build", **never)
    assert (ran.exit_code, ran.envelope["status"]) == (1, "conflict")
    (hint,) = ran.envelope["data"]["conflict"]["hints"]
    assert hint.startswith("gpuenv plan torch --no-build --target rtx-5090")
    assert ran.envelope["data"]["conflict"] == {
        "code": "extension-never-serves-gpu",
        "message": "fast-knn: its wheels have no code for NVIDIA GeForce RTX 5090 (12.0), and its users cannot compile"
        " it",
        "causes": [
            {"code": "leave-extension-out", "message": "leave fast-knn out", "hints": [hint], "would_give": None}
        ],
        "hints": [hint],
        "subsets": [],
    }
    assert run(server, tmp_path, "plan", "torch", **never).exit_code == 0
    exact = run(server, tmp_path, "plan", "torch", "fast-knn==1.1", **never)
    assert (exact.exit_code, codes(exact)) == (0, ["extension-lacks-code"])


def test_a_page_without_hashes_serves_too(server: IndexServer, tmp_path: Path) -> None:
    server.add(wheel(tmp_path, "2.0+pt215cu130", "sm_120"), "own", has_hash=False)
    ran = run(server, tmp_path, "install", "fast-knn", "--venv", "env")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert versions(tmp_path / "env")["fast-knn"] == "2.0+pt215cu130"


def test_a_new_torch_brings_the_wheel_that_goes_with_it(server: IndexServer, tmp_path: Path) -> None:
    tags = f"{PYTHON}-{PYTHON}-{SYSTEM}"
    server.add(make_wheel(tmp_path / "wheels", "torch", "2.14.1+cu130", tags=tags, requires=("sympy>=1",)), "cu130")
    add_wheels(server, tmp_path)
    first = run(server, tmp_path, "install", "fast-knn", "torch==2.14.1", "--venv", "env")
    assert first.exit_code == 0, first.stdout + first.stderr
    assert versions(tmp_path / "env")["fast-knn"] == "2.3+pt214cu130"
    ran = run(server, tmp_path, "install", "fast-knn", "torch==2.15.0", "--venv", "env")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert versions(tmp_path / "env")["fast-knn"] == "2.0+pt215cu130"
