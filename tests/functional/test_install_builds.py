"""`install` compiles the extensions of an application inside its change: proven, undone with it, or refused before it.

The code of these extensions lies in their repositories, so that no compiler is needed; nvcc only tells its version.
"""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from support.command import Ran, gpuenv
from support.extension_sources import ExtensionSource, path_without, write_repository, write_toolkit
from support.fatbin import containers, elf
from support.index_server import IndexServer
from support.small_environments import make_venv, picture, site_packages_of, versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux"),
    pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler here"),
    pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here"),
]

MATRIX = Path(__file__).parents[2] / "matrices" / "2026.11"
PYTHON = f"cp3{sys.version_info.minor}"
TAGS = f"{PYTHON}-{PYTHON}-manylinux_2_28_x86_64"
RTX_5090 = ("--target", "rtx-5090", "--driver", "580.95.05")
RTX_4090 = ("--target", "rtx-4090", "--driver", "580.95.05")


class World:
    """A project with an application of its own, an index, a cache, and a toolkit of CUDA 13.0."""

    def __init__(self, folder: Path, server: IndexServer) -> None:
        self.folder = folder
        self.server = server
        self.toolkit = write_toolkit(folder / "cuda", "13.0")
        self.environ = {
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
            "GPUENV_INDEXES": server.pytorch_url,
            "CUDA_HOME": str(self.toolkit),
            "CUDA_PATH": "",
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }

    def application(self, *sources: ExtensionSource) -> list[str]:
        """Let the project name an application with these extensions; gives their sources."""
        made = [write_repository(self.folder / "repositories" / one.name, one) for one in sources]
        self.name(dict(zip((one.name for one in sources), made, strict=True)))
        return made

    def name(self, extensions: dict[str, str]) -> None:
        listed = ", ".join(f'{name} = "{source}"' for name, source in extensions.items())
        (self.folder / "gpuenv.toml").write_text(
            'requirements = ["app:splat"]\n[applications.splat]\nrequirements = ["torch", "tqdm"]\n'
            'keep-out = ["scipy"]\nimports = ["knn"]\nsettings = { SPLAT = "1" }\n'
            f"extensions = {{ {listed} }}\n",
            encoding="utf-8",
        )

    def run(self, *arguments: str, **environ: str) -> Ran:
        return gpuenv(*arguments, cwd=self.folder, environ={**self.environ, **environ})


def torch(folder: Path, version: str, *, tags: str = "py3-none-any") -> Path:
    cuda = version.partition("+cu")[2]
    files: dict[str, str | bytes] = {
        "torch/__init__.py": f"__version__ = {version!r}\n",
        "torch/version.py": f"__version__ = {version!r}\ncuda = '{cuda[:2]}.{cuda[2:]}'\n",
    }
    return make_wheel(folder, "torch", version, tags=tags, files=files)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    wheels = tmp_path / "wheels"
    with IndexServer() as server:
        server.add(torch(wheels, "2.13.0+cu130", tags=TAGS), "cu130")
        server.add(torch(wheels, "2.13.0+cu126", tags=TAGS), "cu126")
        for name in ("tqdm", "addict", "scipy"):
            server.add(make_wheel(wheels, name, "1.0"), "pypi")
        yield World(tmp_path, server)


def steps(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["action"], step["project"]) for step in data["steps"]]


def test_install_without_arguments_builds_what_the_project_names_and_does_so_once(world: World) -> None:
    (source,) = world.application(ExtensionSource(name="knn"))
    ran = world.run("install", *RTX_5090, "--json")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    data = ran.envelope["data"]
    assert [(step["project"], step["reason"]["code"]) for step in data["steps"]] == [
        ("torch", "chosen"),
        ("tqdm", "application-needs"),
        ("knn", "no-wheel-serves"),
    ]
    assert data["steps"][-1] == {
        "action": "build",
        "project": "knn",
        "version": None,
        "reason": {
            "code": "no-wheel-serves",
            "message": "splat needs it, and no wheel of it serves this GPU beside torch 2.13.0+cu130",
        },
        "replaces": None,
        "source": source,
        "application": "splat",
        "torch": "2.13.0+cu130",
        "architectures": ["12.0"],
        "compiler": {"kind": "toolkit", "cuda": "13.0", "folder": str(world.toolkit)},
        "files": None,
        "expected_minutes": None,
    }
    (built,) = data["built"]
    assert {**built, "seconds": 0, "log": ""} == {
        "project": "knn",
        "version": "1.0",
        "origin": "built",
        "toolkit": "13.0",
        "sass": ["sm_120"],
        "seconds": 0,
        "log": "",
        "warnings": [],
    }
    assert "compiling for 12.0 against torch 2.13.0+cu130" in Path(built["log"]).read_text(encoding="utf-8")
    root = world.folder / ".venv"
    assert set(versions(root)) >= {"torch", "tqdm", "knn"}

    asked = len(world.server.log)
    started = monotonic()
    again = world.run("install", *RTX_5090, "--json")
    assert (again.exit_code, again.envelope["data"]["changed"]) == (0, False)
    assert (steps(again.envelope["data"]), again.envelope["data"]["built"]) == ([("keep", "torch")], [])
    assert len(world.server.log) == asked
    assert monotonic() - started < 5, "nothing is fetched, read or compiled anew"

    undone = world.run("undo", "--json")
    assert undone.exit_code == 0, undone.stdout
    assert not (root / "pyvenv.cfg").exists()


def test_what_was_built_before_is_taken_for_the_next_environment(world: World) -> None:
    world.application(ExtensionSource(name="knn"))
    origins = []
    for name in ("first", "second"):
        ran = world.run("install", *RTX_5090, "--venv", name, "--json")
        assert ran.exit_code == 0, ran.stdout
        origins += [one["origin"] for one in ran.envelope["data"]["built"]]
    assert origins == ["built", "kept"]


def old_environment(world: World) -> Path:
    """An environment with an older torch, and an extension that was compiled against it for another GPU."""
    root = make_venv(world.folder / "env", world.environ)
    code: dict[str, str | bytes] = {
        "knn/__init__.py": "",
        "knn/kernels.so": elf((".nv_fatbin", containers("sm_89"))),
    }
    files = (
        torch(world.folder / "old", "2.4.1+cu121"),
        make_wheel(world.folder / "old", "knn", "0.9", files=code),
    )
    for file in files:
        shutil.unpack_archive(file, site_packages_of(root), "zip")
    return root


def test_an_existing_environment_is_asked_about_and_gets_all_of_it_back(world: World) -> None:
    (source,) = world.application(ExtensionSource(name="knn"))
    root = old_environment(world)
    before = picture(root)
    asked = ("install", *RTX_5090, "--venv", "env", "--json")
    ran = world.run(*asked)
    assert ran.exit_code == 1
    (error,) = ran.envelope["errors"]
    assert error["code"] == "needs-consent"
    assert f"knn <- {source}" in error["message"]
    assert error["hints"] == [f"gpuenv install --yes {' '.join(RTX_5090)} --venv env --json"]
    assert picture(root) == before

    ran = world.run(*asked, "--yes")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    built = ran.envelope["data"]["steps"][-1]
    assert (built["action"], built["replaces"], built["reason"]["code"]) == ("build", "0.9", "bound-to-other-torch")
    assert {name: str(version) for name, version in versions(root).items()} == {
        "torch": "2.13.0+cu130",
        "tqdm": "1.0",
        "knn": "1.0",
    }
    assert world.run("undo", "--venv", "env").exit_code == 0
    assert picture(root) == before


def test_one_that_was_compiled_for_another_card_is_compiled_again(world: World) -> None:
    world.application(ExtensionSource(name="knn"))
    assert world.run("install", *RTX_4090, "--venv", "env", "--json").exit_code == 0
    planned = world.run("plan", *RTX_5090, "--venv", "env", "--json")
    assert planned.exit_code == 0, planned.stdout
    assert steps(planned.envelope["data"]) == [("keep", "torch"), ("build", "knn")]
    assert planned.envelope["data"]["steps"][-1]["reason"] == {
        "code": "built-for-other-gpu",
        "message": "splat needs it, and the installed one has no code for NVIDIA GeForce RTX 5090 (it has sm_89)",
    }
    ran = world.run("install", *RTX_5090, "--venv", "env", "--yes", "--json")
    assert ran.exit_code == 0, ran.stdout
    assert [one["sass"] for one in ran.envelope["data"]["built"]] == [["sm_120"]]


FAULTS = {
    "code-for-another-card": (ExtensionSource(name="knn", wanted='"8.9"'), "extension-lacks-architecture"),
    "script-fails": (ExtensionSource(name="knn", first='raise RuntimeError("no such flag")'), "build-failed"),
    "other-package": (ExtensionSource(name="knm"), "built-other-package"),
    "needs-what-nobody-has": (ExtensionSource(name="knn", requires=("nobody-has-it",)), None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_failed_build_everything_is_as_it_was(world: World, fault: str) -> None:
    source, code = FAULTS[fault]
    (place,) = world.application(source)
    world.name({"knn": place})
    root = old_environment(world)
    before = picture(root)
    ran = world.run("install", *RTX_5090, "--venv", "env", "--yes", "--json")
    assert (ran.exit_code, ran.envelope["status"]) == (1, "rolled-back"), ran.stdout
    found = [error["code"] for error in ran.envelope["errors"]]
    assert found[-1] == "state-before-restored"
    assert code is None or found[0] == code
    assert ran.envelope["data"]["changed"] is False
    assert picture(root) == before


def test_a_new_environment_whose_build_fails_is_removed_again(world: World) -> None:
    world.application(ExtensionSource(name="knn", first='raise RuntimeError("no such flag")'))
    ran = world.run("install", *RTX_5090, "--venv", "fresh", "--json")
    assert (ran.exit_code, ran.envelope["errors"][-1]["code"]) == (1, "new-environment-removed")
    assert not (world.folder / "fresh" / "pyvenv.cfg").exists()


def test_an_extension_that_does_not_load_is_no_success(world: World) -> None:
    world.application(ExtensionSource(name="knn", init="raise ImportError('undefined symbol: _ZN2at')"))
    shutil.copytree(MATRIX, world.folder / "matrix")
    text = (MATRIX / "applications.toml").read_text(encoding="utf-8")
    row = (
        '\n[[application]]\nname = "splat"\npackage = false\nabout = "splats"\nsource = "easyocr"\n'
        'requires = [{ requirement = "torch", source = "easyocr" }]\n'
        f'extensions = [{{ package = "knn", build_from = "git+{(world.folder / "repositories/knn").as_uri()}", '
        'import_check = "from knn import search", files = 7, source = "easyocr" }]\n'
    )
    (world.folder / "matrix" / "applications.toml").write_text(
        text.replace("\n[sources]\n", f"{row}\n[sources]\n"), encoding="utf-8"
    )
    (world.folder / "gpuenv.toml").unlink()
    asked = ("app:splat", *RTX_5090, "--matrix", str(world.folder / "matrix"), "--json")
    planned = world.run("install", "--dry-run", *asked, MAX_JOBS="2")
    assert planned.exit_code == 0, planned.stdout
    build = planned.envelope["data"]["steps"][-1]
    assert (build["files"], build["expected_minutes"]) == (7, None)
    ran = world.run("install", *asked, MAX_JOBS="2")
    assert (ran.exit_code, ran.envelope["status"]) == (1, "rolled-back"), ran.stdout
    assert ran.envelope["data"]["steps"][-1]["expected_minutes"] == 4
    first = ran.envelope["errors"][0]
    assert first["code"] == "built-does-not-import"
    assert "from knn import search" in first["message"]
    assert "undefined symbol" in first["message"]
    assert not (world.folder / ".venv" / "pyvenv.cfg").exists()


def test_what_a_built_extension_asks_for_is_installed_with_it(world: World) -> None:
    world.application(ExtensionSource(name="knn", requires=("torch", "addict>=1", "win-only; sys_platform == 'win32'")))
    ran = world.run("install", *RTX_5090, "--json")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert set(versions(world.folder / ".venv")) == {"torch", "tqdm", "knn", "addict"}
    again = world.run("install", *RTX_5090, "--json")
    assert again.envelope["data"]["changed"] is False


def test_it_is_not_exchanged_for_what_is_installed(world: World) -> None:
    world.application(ExtensionSource(name="knn", requires=("addict>=1",)))
    root = old_environment(world)
    shutil.unpack_archive(make_wheel(world.folder / "old", "addict", "0.5"), site_packages_of(root), "zip")
    before = picture(root)
    ran = world.run("install", *RTX_5090, "--venv", "env", "--yes", "--json")
    assert ran.exit_code == 1
    assert ran.envelope["errors"][0]["code"] == "built-needs-other-versions"
    assert picture(root) == before


def refused(world: World, code: str, *arguments: str, **environ: str) -> list[str]:
    """Check that an install is refused before it changes anything; gives the hints."""
    ran = world.run("install", *RTX_5090, "--json", *arguments, **environ)
    assert ran.exit_code == 1, ran.stdout
    assert ran.envelope["data"].get("changed", False) is False
    assert not (world.folder / ".venv").exists()
    conflict = ran.envelope["data"].get("conflict")
    (found,) = [conflict] if conflict else ran.envelope["errors"]
    assert found["code"] == code
    hints: list[str] = found["hints"]
    assert f"gpuenv install {' '.join(RTX_5090)} --json{''.join(f' {one}' for one in arguments)} --no-build" in hints
    return hints


def test_a_machine_that_cannot_compile_is_refused_before_anything_is_changed(world: World, tmp_path: Path) -> None:
    world.application(ExtensionSource(name="knn"))
    assert refused(world, "build-needs-git", PATH=path_without("git", tmp_path / "no-git"))[0].endswith("install git")
    world.name({"knn": "git+file:///nowhere/knn"})
    refused(world, "git-failed")
    world.name({"knn": "git+https://example.invalid/knn"})
    hints = refused(world, "source-needs-network", "--offline")
    assert hints[0] == f"gpuenv install {' '.join(RTX_5090)} --json"
    (tmp_path / "empty").mkdir()
    world.name({"knn": "./empty"})
    refused(world, "not-a-source-tree")
    asked = [request.path for request in world.server.log if request.path.endswith(".whl")]
    assert asked == [], "no wheel is fetched for what will not be"


def test_a_driver_of_cuda_12_without_its_compiler_is_a_conflict_that_names_the_ways_out(world: World) -> None:
    world.application(ExtensionSource(name="knn"))
    ran = world.run("install", "--target", "rtx-4090", "--driver", "560.35.03", "--json")
    if ran.exit_code == 0:
        pytest.skip("there is a toolkit of CUDA 12 here")
    conflict = ran.envelope["data"]["conflict"]
    assert conflict["code"] == "no-compiler-for-cuda12"
    assert [cause["code"] for cause in conflict["causes"]] == ["install-cuda-toolkit", "leave-extensions-out"]
    assert conflict["hints"][-1] == "gpuenv install --target rtx-4090 --driver 560.35.03 --json --no-build"
    ran = world.run("install", "--target", "rtx-4090", "--driver", "560.35.03", "--json", "--no-build")
    assert ran.exit_code == 0, ran.stdout
    (note,) = [note for note in ran.envelope["data"]["warnings"] if note["code"] == "application-needs-build"]
    assert note["hints"][0].startswith("gpuenv build git+file://")
    assert set(versions(world.folder / ".venv")) == {"torch", "tqdm"}


def test_a_plan_for_another_machine_names_no_compiler(world: World) -> None:
    world.application(ExtensionSource(name="knn"))
    ran = world.run("plan", *RTX_5090, "--platform", "linux-x86_64", "--offline", "--json")
    assert ran.exit_code == 0, ran.stdout
    assert ran.envelope["data"]["steps"][-1]["compiler"] is None
    assert not (world.folder / ".venv").exists()


def test_the_plan_says_what_is_built_from_what_and_with_what(world: World) -> None:
    (source,) = world.application(ExtensionSource(name="knn"))
    make_venv(world.folder / "env", world.environ)
    ran = world.run("plan", *RTX_5090, "--venv", "env")
    assert ran.stdout.splitlines()[-3:] == [
        "build    knn  (splat needs it, and no wheel of it serves this GPU beside torch 2.13.0+cu130)",
        f"           from {source}, for compute capability 12.0",
        f"           compiler: CUDA 13.0 in {world.toolkit}; minutes to hours: nobody knows how much is compiled",
    ]
    shown = world.run("plan", *RTX_5090, "--venv", "env", GPUENV_LANG="zh").stdout.splitlines()
    assert shown[-1].endswith("需要数分钟至数小时：编译量未知")


def test_a_wheel_that_serves_the_gpu_is_taken_instead(world: World) -> None:
    code: dict[str, str | bytes] = {"knn/__init__.py": "", "knn/kernels.so": elf((".nv_fatbin", containers("sm_120")))}
    tags = f"{PYTHON}-{PYTHON}-linux_x86_64"
    wheel = make_wheel(world.folder / "wheels", "knn", "2.0+pt213cu130", tags=tags, files=code)
    world.server.add(wheel, "own")
    shutil.copytree(MATRIX, world.folder / "matrix")
    row = (
        f'\n[[extension]]\npackage = "knn"\nwheels = ["{world.server.flat_url}"]\nbinds_to_torch = true\n'
        'source_build = "without-wheel"\nimport_check = "import knn"\nsource = "simple-knn"\n'
    )
    text = (MATRIX / "extensions.toml").read_text(encoding="utf-8")
    (world.folder / "matrix" / "extensions.toml").write_text(
        text.replace("\n[sources]\n", f"{row}\n[sources]\n"), encoding="utf-8"
    )
    world.name({"knn": "knn>=1"})
    ran = world.run("install", *RTX_5090, "--matrix", str(world.folder / "matrix"), "--json")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert (steps(ran.envelope["data"])[:2], ran.envelope["data"]["built"]) == (
        [("install", "torch"), ("install", "knn")],
        [],
    )
    assert [note for note in ran.envelope["data"]["warnings"] if note["code"].endswith("-build")] == []


def test_an_extension_that_was_typed_is_built_within_the_change(world: World) -> None:
    source = write_repository(world.folder / "repositories" / "knn", ExtensionSource(name="knn"))
    shutil.copytree(MATRIX, world.folder / "matrix")
    row = (
        f'\n[[extension]]\npackage = "knn"\nwheels = []\nbinds_to_torch = true\ngit = "{source[4:]}"\n'
        'core_minutes = 320\nsource_build = "always"\nimport_check = "import knn"\nsource = "simple-knn"\n'
    )
    text = (MATRIX / "extensions.toml").read_text(encoding="utf-8")
    made = text.replace("\n[sources]\n", f"{row}\n[sources]\n")
    (world.folder / "matrix" / "extensions.toml").write_text(made, encoding="utf-8")
    root = old_environment(world)
    before = picture(root)
    asked = ("install", "knn", *RTX_5090, "--matrix", "matrix", "--venv", "env", "--json")

    ran = world.run(*asked)
    assert (ran.exit_code, [error["code"] for error in ran.envelope["errors"]]) == (1, ["needs-consent"])
    assert "knn <- knn" in ran.envelope["errors"][0]["message"]
    assert picture(root) == before

    left = world.run(*asked, "--no-build", "--dry-run")
    assert [note["code"] for note in left.envelope["data"]["warnings"]] == ["extension-needs-build"]
    assert ("build", "knn") not in steps(left.envelope["data"])

    ran = world.run(*asked, "--yes", MAX_JOBS="4")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    step = ran.envelope["data"]["steps"][-1]
    assert (step["action"], step["project"], step["application"], step["replaces"], step["expected_minutes"]) == (
        *("build", "knn", None, "0.9"),
        80,
    )
    assert step["compiler"] == {"kind": "toolkit", "cuda": "13.0", "folder": str(world.toolkit)}
    assert "long-build" in [note["code"] for note in ran.envelope["data"]["warnings"]]
    assert [(one["project"], one["sass"]) for one in ran.envelope["data"]["built"]] == [("knn", ["sm_120"])]
    again = world.run(*asked)
    assert (again.exit_code, again.envelope["data"]["changed"]) == (0, False), again.stdout
    assert world.run("undo", "--venv", "env").exit_code == 0
    assert picture(root) == before
