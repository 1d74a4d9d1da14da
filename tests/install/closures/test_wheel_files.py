"""What uv's cache knows of the files of a plan is read without the network."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version
from uv import find_uv_bin

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.wheel_files import WheelFiles, find_files, parse_pylock, parse_to_download
from gpuenv.models.execution import LockedPackage
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install
from gpuenv.models.settings import IndexSettings
from support.small_environments import python_of
from support.wheels import make_wheel, sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.index_server import IndexServer

SAMPLE = Path(__file__).parents[2] / "data" / "install" / "uv-pylock.toml"
STEP = Install(project="dep", version=Version("2.0"), reason=Notice.of("dependency"))


def uv_pip(root: Path, server: IndexServer, environ: Mapping[str, str], *arguments: str) -> None:
    command = [find_uv_bin(), "pip", "install", "-q", "--python", str(python_of(root)), *arguments]
    subprocess.run([*command, "--default-index", server.simple_url], check=True, env=dict(environ))


def test_after_a_resolution_hash_and_address_are_known_and_what_is_missing(
    root: Path, server: IndexServer, environ: Mapping[str, str], wheels: Path, tmp_path: Path
) -> None:
    fresh = {**environ, "UV_CACHE_DIR": str(tmp_path / "cache")}

    def found() -> WheelFiles:
        settings = IndexSettings(index_url=server.simple_url)
        return find_files([STEP], python=python_of(root), settings=settings, environ=fresh)

    assert found() == WheelFiles()
    uv_pip(root, server, fresh, "--dry-run", "dep==2.0")
    asked = len(server.log)
    (wheel,) = wheels.glob("dep-2.0-*.whl")
    package = LockedPackage(
        project="dep",
        version=Version("2.0"),
        hashes=(f"sha256:{sha256_of(wheel)}",),
        url=f"{server.simple_url}/files/{wheel.name}",
    )
    assert found() == WheelFiles(packages=(package,), to_download=1)
    assert len(server.log) == asked
    uv_pip(root, server, fresh, "dep==2.0")
    subprocess.run([find_uv_bin(), "pip", "uninstall", "-q", "--python", python_of(root), "dep"], check=True, env=fresh)
    assert found() == WheelFiles(packages=(package,), to_download=0)


def test_a_page_without_hashes_leaves_those_of_the_others(
    root: Path, server: IndexServer, environ: Mapping[str, str], wheels: Path
) -> None:
    server.add(make_wheel(wheels, "unhashed", "1.0"), "pypi", has_hash=False)
    uv_pip(root, server, environ, "--dry-run", "dep==2.0", "unhashed==1.0")
    steps = [STEP, Install(project="unhashed", version=Version("1.0"), reason=Notice.of("dependency"))]
    asked = len(server.log)
    settings = IndexSettings(index_url=server.simple_url)
    found = find_files(steps, python=python_of(root), settings=settings, environ=environ)
    assert {package.project: len(package.hashes) for package in found.packages} == {"dep": 1, "unhashed": 0}
    assert len(server.log) == asked


def test_a_pylock_of_uv_is_read() -> None:
    assert parse_pylock(SAMPLE.read_text()) == (
        LockedPackage(
            project="big",
            version=Version("1.0"),
            hashes=("sha256:247a650a30482aa3ec07b06e27ca01ec2b43817a344ba866a32422990bea98c2",),
            size_bytes=40_013_176,
            url="http://127.0.0.1:8000/simple/files/big-1.0-py3-none-any.whl",
        ),
        LockedPackage(
            project="networkx",
            version=Version("3.6.1"),
            hashes=(
                "sha256:26b7c357accc0c8cde558ad486283728b65b6a95d85ee1cd66bafab4c8168509",
                "sha256:d47fbf302e7d9cbbb9e2555a0d267983d2aa476bac30e90dfbe5669bd57f3762",
            ),
            url="http://127.0.0.1:8000/simple/files/networkx-3.6.1-py3-none-any.whl",
        ),
    )


@pytest.mark.parametrize("text", ["no TOML", "packages = 3", "[[packages]]\nname = 'a'\nversion = 'none'\n"])
def test_what_is_no_pylock_is_told(text: str) -> None:
    with pytest.raises(GpuenvError) as caught:
        parse_pylock(text)
    assert caught.value.code == "compiled-not-understood"


def test_the_count_of_downloads_is_read() -> None:
    assert (
        parse_to_download("Resolved 29 packages in 3ms\nWould download 12 packages\nWould install 29 packages\n") == 12
    )
    assert parse_to_download("Resolved 1 package in 3ms\nWould install 1 package\n") == 0
