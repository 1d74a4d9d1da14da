"""The commands that a diagnosis names, run in environments that have the fault, over a loopback index."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from uv import find_uv_bin

from support.command import gpuenv
from support.index_server import IndexServer
from support.small_environments import make_venv, picture, python_of, versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.command import Ran

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")

TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
WHEEL_TAGS = f"{TAG}-{TAG}-manylinux_2_28_x86_64"
RTX_5090 = ("--target", "rtx-5090", "--driver", "580.95.05", "--platform", "linux-x86_64")
NMS = "RuntimeError: operator torchvision::nms does not exist\n"


class World:
    """An index, and an environment that has been put into the state that somebody's has."""

    def __init__(self, folder: Path, server: IndexServer) -> None:
        self.folder = folder
        self.server = server
        self.environ: Mapping[str, str] = {
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_INDEX_URL": server.simple_url,
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
            "PIP_CERT": "",
            "UV_CACHE_DIR": str(folder / "uv-cache"),
            "GPUENV_CACHE_DIR": str(folder / "cache"),
            "GPUENV_DATA_DIR": str(folder / "data"),
        }
        self.root = folder / "env"

    def lists(self, name: str, version: str, index: str, *, requires: tuple[str, ...] = ()) -> Path:
        """Make a wheel and list it."""
        wheel = make_wheel(self.folder / "wheels", name, version, tags=WHEEL_TAGS, requires=requires)
        self.server.add(wheel, index)
        return wheel

    def holds(self, *wheels: Path) -> None:
        """Install wheels as somebody did who does not look at what they need."""
        if not self.root.exists():
            make_venv(self.root, {**self.environ, "PATH": ""})
        command = [find_uv_bin(), "pip", "install", "-q", "--no-deps", "--python", str(python_of(self.root))]
        subprocess.run([*command, *map(str, wheels)], check=True, env={**self.environ, "PATH": ""})

    def run(self, *arguments: str, stdin: str | None = None) -> Ran:
        return gpuenv(*arguments, cwd=self.folder, environ=self.environ, stdin=stdin)

    def diagnose(self, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
        """Check the environment up, or read a text of it."""
        place = ("--venv", "env", "--indexes", self.server.pytorch_url, *RTX_5090)
        made: dict[str, Any] = self.run("diagnose", *place, *arguments, "--json", stdin=stdin).envelope
        return made

    def apply(self, hint: str) -> None:
        """Run a command as it was named."""
        program, *arguments = shlex.split(hint)
        assert program == "gpuenv"
        ran = self.run(*arguments)
        assert ran.exit_code == 0, ran.stdout + ran.stderr


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with IndexServer() as server:
        yield World(tmp_path, server)


def cause(answer: dict[str, Any]) -> str | None:
    primary = answer["data"]["primary"]
    return None if primary is None else str(primary["code"])


def mended(world: World, *arguments: str, stdin: str | None = None, code: str) -> dict[str, str]:
    """Diagnose, run the first command that is named, and see the cause gone: what is then installed."""
    answer = world.diagnose(*arguments, stdin=stdin)
    assert cause(answer) == code
    assert answer["data"]["repair"]["kind"] == "install"
    world.apply(answer["data"]["primary"]["hints"][0])
    assert cause(world.diagnose()) is None
    return versions(world.root)


def test_a_cpu_build_becomes_the_build_of_the_gpu(world: World) -> None:
    world.holds(world.lists("torch", "2.13.0+cpu", "cpu"))
    world.lists("torch", "2.13.0+cu130", "cu130")
    assert mended(world, code="cpu-build-installed")["torch"] == "2.13.0+cu130"


def test_a_build_that_is_older_than_the_gpu_is_replaced(world: World) -> None:
    world.holds(world.lists("torch", "2.6.0+cu124", "cu124"))
    world.lists("torch", "2.11.0+cu130", "cu130")
    assert mended(world, code="architecture-too-new-for-build")["torch"] == "2.11.0+cu130"


def test_two_packages_of_one_folder_become_one(world: World) -> None:
    torch = world.lists("torch", "2.11.0+cu128", "cu128")
    runtime, plain = (world.lists(name, "1.26.0", "pypi") for name in ("onnxruntime_gpu", "onnxruntime"))
    world.holds(torch, runtime, plain)
    installed = mended(world, code="onnxruntime-packages-collide")
    assert "onnxruntime" not in installed
    assert (installed["onnxruntime-gpu"], installed["torch"]) == ("1.26.0", "2.11.0+cu128")


@pytest.mark.parametrize(("arguments", "stdin"), [((), None), (("--log", "-"), NMS)], ids=("check-up", "log"))
def test_a_companion_of_another_torch_is_replaced(world: World, arguments: tuple[str, ...], stdin: str | None) -> None:
    torch = world.lists("torch", "2.13.0+cu130", "cu130")
    world.holds(torch, world.lists("torchvision", "0.24.1+cu128", "cu128"))
    world.lists("torchvision", "0.28.0+cu130", "cu130")
    installed = mended(world, *arguments, stdin=stdin, code="torchvision-for-another-torch")
    assert (installed["torch"], installed["torchvision"]) == ("2.13.0+cu130", "0.28.0+cu130")


def test_a_runtime_of_another_cuda_major_is_replaced(world: World) -> None:
    torch = world.lists("torch", "2.13.0+cu130", "cu130")
    world.holds(torch, world.lists("onnxruntime_gpu", "1.22.0", "pypi"))
    world.lists("onnxruntime_gpu", "1.31.1", "pypi")
    installed = mended(world, code="onnxruntime-other-cuda-major")
    assert (installed["torch"], installed["onnxruntime-gpu"]) == ("2.13.0+cu130", "1.31.1")


def test_a_drifted_environment_is_named_and_put_back(world: World) -> None:
    world.lists("torch", "2.13.0+cu130", "cu130")
    place = ("--venv", "env", "--indexes", world.server.pytorch_url, *RTX_5090)
    assert world.run("install", "torch", *place).exit_code == 0
    world.holds(world.lists("torch", "2.12.0+cpu", "cpu"))
    answer = world.diagnose("--fix")
    assert [found["project"] for found in answer["data"]["drift"]] == ["torch"]
    assert versions(world.root)["torch"] == "2.13.0+cu130"
    again = world.diagnose()
    assert (cause(again), again["data"]["drift"]) == (None, [])


def test_fix_runs_the_plan_and_can_be_undone(world: World) -> None:
    world.holds(world.lists("torch", "2.13.0+cpu", "cpu"))
    world.lists("torch", "2.13.0+cu130", "cu130")
    before = picture(world.root)
    answer = world.diagnose("--fix")
    assert (answer["exit_code"], answer["status"], answer["data"]["changed"]) == (0, "unverified", True)
    assert cause(answer) == "cpu-build-installed"
    assert answer["data"]["resolution"]["torch"]["local"] == "2.13.0+cu130"
    assert versions(world.root)["torch"] == "2.13.0+cu130"
    assert world.run("undo", "--venv", "env").exit_code == 0
    assert picture(world.root) == before


def test_fix_shows_the_cause_and_the_plan_before_it_changes_anything(world: World) -> None:
    world.holds(world.lists("torch", "2.13.0+cpu", "cpu"))
    world.lists("torch", "2.13.0+cu130", "cu130")
    place = ("--venv", "env", "--indexes", world.server.pytorch_url, *RTX_5090)
    ran = world.run("diagnose", "--fix", *place)
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.index("[cpu-build-installed]") < ran.stdout.index("2.13.0+cu130")


def test_fix_touches_packages_of_others_with_consent_only(world: World) -> None:
    world.server.add(make_wheel(world.folder / "wheels", "sympy", "1.13.0"), "pypi")
    newer = make_wheel(world.folder / "wheels", "sympy", "1.14.0")
    world.holds(world.lists("torch", "2.13.0+cpu", "cpu"), newer)
    world.lists("torch", "2.13.0+cu130", "cu130", requires=("sympy<1.14",))
    before = picture(world.root)
    refused = world.diagnose("--fix")
    assert (refused["exit_code"], [error["code"] for error in refused["errors"]]) == (1, ["needs-consent"])
    assert picture(world.root) == before
    assert world.diagnose("--fix", "--yes")["exit_code"] == 0
    assert versions(world.root)["sympy"] == "1.13.0"


def test_fix_of_what_no_installation_mends_changes_nothing(world: World) -> None:
    world.holds(world.lists("torch", "2.13.0+cu130", "cu130"))
    before = picture(world.root)
    text = "CUDA error: the provided PTX was compiled with an unsupported toolchain\n"
    answer = world.diagnose("--fix", "--log", "-", stdin=text)
    assert (answer["exit_code"], answer["data"]["repair"]["kind"]) == (1, "no-wheel")
    assert [error["code"] for error in answer["errors"]] == ["nothing-to-fix-here"]
    assert picture(world.root) == before
