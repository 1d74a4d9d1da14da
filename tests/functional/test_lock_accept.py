"""Six kinds of machines, two platforms, two Pythons: their locks install, and are the same bytes each time."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from typing import TYPE_CHECKING

import pytest

from gpuenv.install.engines.uv import find_uv
from gpuenv.lock.reading import read_lock
from support.in_process import gpuenv_here as gpuenv
from support.lock_index import PYTHONS, lock_index, user_of
from support.small_environments import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.command import Ran
    from support.index_server import IndexServer

TARGETS = ("rtx-5090", "rtx-3060", "gtx-1080-ti", "h100", "t4", "cpu")
PLATFORMS = ("linux-x86_64", "windows-x86_64")
OF_UV = {"linux-x86_64": "x86_64-manylinux_2_28", "windows-x86_64": "x86_64-pc-windows-msvc"}
OF_PIP = {"linux-x86_64": "manylinux_2_28_x86_64", "windows-x86_64": "win_amd64"}
CHOSEN = {"gtx-1080-ti": "2.14.1+cu126", "cpu": "2.15.0+cpu"}
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def table(folder: Path, index: str, *, targets: tuple[str, ...], platforms: tuple[str, ...]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "gpuenv.toml").write_text(
        f'requirements = ["torch"]\nindexes = "{index}"\ntargets = {list(targets)}\n'
        f"platforms = {list(platforms)}\npythons = {list(PYTHONS)}\n"
    )


def file_name(target: str, platform: str, python: str) -> str:
    return f"requirements-{target}-{platform}-py{python.replace('.', '')}.txt"


def locks_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "locks").iterdir()}


def dry(lock: Path, platform: str, python: str, environ: Mapping[str, str]) -> str:
    """Let `uv pip sync` say what it would install on the machine of the lock."""
    argv = ("pip", "sync", "--dry-run", "--require-hashes", "--target", lock.parent.parent / "target")
    machine = ("--python-platform", OF_UV[platform], "--python-version", python)
    done = subprocess.run(
        [find_uv(os.environ), *argv, *machine, lock], check=True, capture_output=True, text=True, env=dict(environ)
    )
    return done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    with lock_index(tmp_path_factory.mktemp("wheels")) as server:
        yield server


@pytest.fixture(scope="module")
def folder(server: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the locks of all machines, from the loopback index."""
    folder = tmp_path_factory.mktemp("project")
    table(folder, server.pytorch_url, targets=TARGETS, platforms=PLATFORMS)
    ran = gpuenv("lock", cwd=folder, environ=user_of(server, folder))
    assert ran.exit_code == 0, ran.stderr
    return folder


def as_uv(server: IndexServer, home: Path) -> dict[str, str]:
    return {**os.environ, **user_of(server, home), "UV_DEFAULT_INDEX": server.simple_url}


def test_all_machines_are_locked_twice_with_the_same_bytes(server: IndexServer, folder: Path, tmp_path: Path) -> None:
    names = {file_name(*machine) for machine in product(TARGETS, PLATFORMS, PYTHONS)}
    assert set(locks_in(folder)) == {*names, "INSTALL-GPU.md"}
    table(tmp_path / "again", server.pytorch_url, targets=TARGETS, platforms=PLATFORMS)
    ran = gpuenv("lock", cwd=tmp_path / "again", environ={**user_of(server, tmp_path), "LC_ALL": "zh_CN.UTF-8"})
    assert ran.exit_code == 0, ran.stderr
    assert locks_in(tmp_path / "again") == locks_in(folder)


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_lock_of_the_loopback_index_installs(
    server: IndexServer, folder: Path, platform: str, python: str, tmp_path: Path
) -> None:
    """For real by pip and uv where this interpreter is the target's; else uv says what it would do, and pip fetches."""
    environ = as_uv(server, tmp_path)
    for target in TARGETS:
        lock = folder / "locks" / file_name(target, platform, python)
        version = CHOSEN.get(target, "2.15.0+cu132")
        assert f"+ torch=={version}" in dry(lock, platform, python, environ)
        if sys.platform == "linux" and (platform, python) == ("linux-x86_64", HERE):
            for installer in ("pip", "uv"):
                root = tmp_path / target / installer
                subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
                _install(installer, root, lock, environ)
                assert versions(root) == {"sympy": "1.14.0", "torch": version}
        else:
            fetched = tmp_path / target
            _fetch(lock, fetched, platform, python, environ)
            assert any(path.name.startswith(f"torch-{version}-cp") for path in fetched.iterdir())


def _install(installer: str, root: Path, lock: Path, environ: Mapping[str, str]) -> None:
    python = root / "bin" / "python"
    argv = {
        "pip": (sys.executable, "-m", "pip", "--python", python, "install", "--require-hashes", "-r", lock),
        "uv": (find_uv(os.environ), "pip", "sync", "--python", python, "--require-hashes", lock),
    }[installer]
    subprocess.run(argv, check=True, capture_output=True, env=dict(environ))


def _fetch(lock: Path, folder: Path, platform: str, python: str, environ: Mapping[str, str]) -> None:
    """Let pip choose and check the files of another machine."""
    machine = ("--platform", OF_PIP[platform], "--python-version", python, "--only-binary", ":all:", "--no-deps")
    argv = (sys.executable, "-m", "pip", "download", "--require-hashes", *machine, "-d", folder, "-r", lock)
    subprocess.run(argv, check=True, capture_output=True, env=dict(environ))


def _real(folder: Path, *, targets: tuple[str, ...], platforms: tuple[str, ...]) -> Ran:
    """Lock from the real default index, as pip and uv are configured here."""
    table(folder, "pypi", targets=targets, platforms=platforms)
    ran = gpuenv("lock", "--json", cwd=folder)
    codes = [error["code"] for error in ran.envelope["errors"]]
    if any(code.startswith("network-") for code in codes):
        pytest.skip(f"the default index cannot be reached: {codes[0]}")
    return ran


@pytest.mark.network
def test_every_machine_is_locked_from_the_real_default_index(tmp_path: Path) -> None:
    """On Windows the default index has CPU builds of torch only: there a GPU is refused, never given such a build."""
    ran = _real(tmp_path / "linux", targets=TARGETS, platforms=("linux-x86_64",))
    assert ran.exit_code == 0, ran.stdout
    assert _real(tmp_path / "windows", targets=("cpu",), platforms=("windows-x86_64",)).exit_code == 0
    for target, python in product(TARGETS, PYTHONS):
        lock = tmp_path / "linux" / "locks" / file_name(target, "linux-x86_64", python)
        content = read_lock(lock)
        assert f"+ torch=={content.header.torch}" in dry(lock, "linux-x86_64", python, _as_configured())
        if target != "cpu":
            assert content.header.gpus[0].kind == "sass"
    for python in PYTHONS:
        lock = tmp_path / "windows" / "locks" / file_name("cpu", "windows-x86_64", python)
        assert "+ torch==" in dry(lock, "windows-x86_64", python, _as_configured())
    refused = _real(tmp_path / "none", targets=TARGETS[:5], platforms=("windows-x86_64",))
    conflicts = [one["conflict"]["code"] for one in refused.envelope["data"]["locks"]]
    assert (refused.exit_code, set(conflicts), len(conflicts)) == (1, {"no-gpu-build-on-index"}, 10)
    assert not (tmp_path / "none" / "locks").exists()
    again = _real(tmp_path / "again", targets=TARGETS, platforms=("linux-x86_64",))
    assert again.exit_code == 0
    assert locks_in(tmp_path / "again") == locks_in(tmp_path / "linux")


def _as_configured() -> dict[str, str]:
    return {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
