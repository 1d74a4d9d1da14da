"""A plan that does not fit on the disk is refused with its numbers; what is there already is not counted twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.wheel_files import find_files
from gpuenv.install.space import Demand, Places, Sizes, demands, device_of, existing, first_unmet
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install
from gpuenv.models.settings import IndexSettings
from gpuenv.workflow.changes.space import require_space
from support.index_server import IndexServer
from support.small_environments import make_venv, python_of
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MIB = 2**20
OTHER_DISK = Path("/dev/shm")  # noqa: S108 - a file system of its own on Linux
STEP = Install(project="large", version=Version("1.0"), reason=Notice.of("chosen"))


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "UV_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    """An index with a wheel that unpacks to 64 MiB, and is a hundredth of that."""
    with IndexServer() as running:
        files: dict[str, str | bytes] = {"large/__init__.py": "", "large/zeros.bin": bytes(64 * MIB)}
        running.add(make_wheel(tmp_path / "wheels", "large", "1.0", files=files), "pypi")
        yield running


def require(root: Path, server: IndexServer, environ: Mapping[str, str], *, free: int) -> None:
    settings = IndexSettings(index_url=server.simple_url)
    files = find_files([STEP], python=python_of(root), settings=settings, environ=environ)
    require_space(
        [STEP],
        files,
        root=root,
        python=python_of(root),
        engine="uv",
        settings=settings,
        environ=environ,
        free=lambda _: free,
    )


def resolve(root: Path, server: IndexServer, environ: Mapping[str, str], *more: str) -> None:
    """Let uv read the index page, as the resolution does."""
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "install", "-q", *more, "--python", str(python_of(root))),
            *("--default-index", server.simple_url, "large"),
        ],
        check=True,
        env=dict(environ),
    )


def test_what_is_unpacked_counts_and_not_only_what_is_downloaded(
    tmp_path: Path, server: IndexServer, environ: Mapping[str, str]
) -> None:
    root = make_venv(tmp_path / "env", environ)
    resolve(root, server, environ, "--dry-run")
    with pytest.raises(GpuenvError) as caught:
        require(root, server, environ, free=40 * MIB)
    assert caught.value.code == "not-enough-disk"
    assert (caught.value.context["needed"], caught.value.context["free"]) == ("64 MiB", "40 MiB")
    require(root, server, environ, free=65 * MIB)


def test_what_the_cache_has_already_needs_no_room(
    tmp_path: Path, server: IndexServer, environ: Mapping[str, str]
) -> None:
    resolve(make_venv(tmp_path / "first", environ), server, environ)
    asked = len(server.log)
    require(make_venv(tmp_path / "env", environ), server, environ, free=MIB)
    assert len(server.log) == asked


def test_on_two_file_systems_files_take_room_twice() -> None:
    if not OTHER_DISK.is_dir() or device_of(OTHER_DISK) == device_of(Path.cwd()):
        pytest.skip("there is no second file system")
    sizes = Sizes(download=10, unpacked=30, in_cache=5)
    apart = Places(environment=OTHER_DISK / "new" / "env", cache=Path.cwd(), temporary=OTHER_DISK)
    together = Places(environment=Path.cwd() / "env", cache=Path.cwd(), temporary=OTHER_DISK)

    def needed(places: Places, engine: str, *, copies: bool = False) -> dict[str, int]:
        found = demands(sizes, places, engine=engine, copies=copies, free=lambda _: 0)  # type: ignore[arg-type]
        return {str(demand.folder): demand.needed for demand in found}

    here, there = str(Path.cwd()), str(OTHER_DISK)
    assert needed(apart, "uv") == {here: 25, there: 30}
    assert needed(together, "uv") == {here: 25}
    assert needed(together, "uv", copies=True) == {here: 55}
    assert needed(together, "pip") == {there: 10, here: 30}
    assert needed(apart, "pip") == {there: 40}


def test_the_place_that_lacks_most_is_named() -> None:
    met, short, shorter = (Demand(folder=Path(str(need)), needed=need, free=5) for need in (5, 7, 9))
    assert first_unmet((met,)) is None
    assert first_unmet((met, short, shorter)) == shorter


def test_a_folder_that_is_not_there_yet_is_on_the_disk_of_the_next_above_it(tmp_path: Path) -> None:
    assert existing(tmp_path / "a" / "b") == tmp_path
