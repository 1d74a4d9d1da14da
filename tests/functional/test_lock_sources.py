"""Where locked files come from: folders, source archives, files without a published hash, and two of one name."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gpuenv.lock.header import LockedSource
from gpuenv.lock.reading import parse_lock, read_lock
from support.in_process import gpuenv_here as gpuenv
from support.index_server import IndexServer
from support.lock_index import lock_index, user_of
from support.sdists import make_sdist
from support.small_environments import versions
from support.wheels import make_wheel, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.command import Ran

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = f"cp{HERE.replace('.', '')}"
MACHINE = ("--target", "rtx-5090", "--platform", "linux-x86_64", "--python", HERE)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    with lock_index(tmp_path / "served") as server:
        yield server


def lock(server: IndexServer, folder: Path, *arguments: str, environ: Mapping[str, str | None] | None = None) -> Ran:
    own = {name: value for name, value in {**user_of(server, folder), **(environ or {})}.items() if value is not None}
    given = list(arguments)
    asked = [given.pop(0) for _ in arguments if given and not given[0].startswith("-")]
    return gpuenv("lock", "torch", *asked, *shared(server).split(), *given, cwd=folder, environ=own)


def shared(server: IndexServer) -> str:
    """What every one of these commands says of the machine and the index."""
    return " ".join((*MACHINE, "--indexes", server.pytorch_url, "--json"))


def codes(ran: Ran) -> list[str]:
    return [error["code"] for error in ran.envelope["errors"]]


@pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")
def test_a_folder_of_copies_installs_without_a_network(server: IndexServer, tmp_path: Path) -> None:
    ran = lock(server, tmp_path, "docreader", "-o", "gpu.txt", "--vendor", "wheels")
    assert ran.exit_code == 0, ran.stdout
    folder = tmp_path / "wheels"
    assert sorted(path.name for path in folder.iterdir()) == [
        "docreader-1.7.2-py3-none-any.whl",
        "sympy-1.14.0-py3-none-any.whl",
        f"torch-2.15.0+cu132-{TAG}-{TAG}-manylinux_2_28_x86_64.whl",
    ]
    assert ran.envelope["data"]["vendored"] == {
        "folder": str(folder),
        "files": 3,
        "downloaded": 3,
        "megabytes": 1,
    }
    again = lock(server, tmp_path, "docreader", "-o", "gpu.txt", "--vendor", "wheels")
    assert again.envelope["data"]["vendored"]["downloaded"] == 0
    asked = len(server.log)
    offline = {**user_of(server, tmp_path), "UV_CACHE_DIR": str(tmp_path / "other"), "PIP_INDEX_URL": ""}
    done = gpuenv(
        *("install", "torch", "docreader", "--indexes", "wheels", "--offline", "--venv", "env"),
        *("--target", "rtx-5090", "--driver", "580.95.05", "--yes", "--json"),
        cwd=tmp_path,
        environ=offline,
    )
    assert done.exit_code == 0, done.stdout
    assert len(server.log) == asked
    installed = versions(tmp_path / "env")
    assert {name: installed[name] for name in ("docreader", "sympy", "torch")} == {
        "docreader": "1.7.2",
        "sympy": "1.14.0",
        "torch": "2.15.0+cu132",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")
def test_what_is_printed_for_the_copies_installs_them_also_where_uv_knows_the_index_pages(
    server: IndexServer, tmp_path: Path
) -> None:
    shared = (*MACHINE, "--indexes", server.pytorch_url)
    asked = ("lock", "torch", "docreader", *shared, "-o", "gpu.txt", "--vendor", "wheels")
    ran = gpuenv(*asked, cwd=tmp_path, environ=user_of(server, tmp_path))
    hint = f"gpuenv install --locked {tmp_path / 'gpu.txt'} --indexes {tmp_path / 'wheels'} --offline"
    assert ran.stdout.splitlines()[-1].strip() == hint
    described = ("--target", "rtx-5090", "--driver", "580.95.05", "--venv", "env", "--json")
    done = gpuenv(*hint.split()[1:], *described, cwd=tmp_path, environ=user_of(server, tmp_path))
    assert done.exit_code == 0, done.stdout
    assert versions(tmp_path / "env")["docreader"] == "1.7.2"


def test_a_copy_that_is_not_the_locked_file_is_refused(server: IndexServer, tmp_path: Path) -> None:
    assert lock(server, tmp_path, "-o", "gpu.txt").exit_code == 0
    environ = user_of(server, tmp_path)
    for path in (tmp_path / "served").glob("sympy-1.14.0*"):
        make_wheel(path.parent, "sympy", "1.14.0", files={"sympy/__init__.py": "other = 1\n"})
    ran = lock(server, tmp_path, "-o", "gpu.txt", "--vendor", "wheels", environ=environ)
    assert (ran.exit_code, codes(ran)) == (1, ["vendored-file-damaged"])
    assert not list((tmp_path / "wheels").glob("*sympy*"))


@pytest.mark.parametrize("shape", ["requirements", "pylock"])
def test_a_package_of_a_folder_is_locked_only_beside_a_copy(server: IndexServer, tmp_path: Path, shape: str) -> None:
    folder = tmp_path / "mine"
    wheel = make_wheel(folder, "homemade", "1.0")
    mine = {"PIP_FIND_LINKS": str(folder)}
    file = "gpu.txt" if shape == "requirements" else "pylock.gpu.toml"
    arguments = ("homemade", "--format", shape, "-o", file)
    refused = lock(server, tmp_path, *arguments, environ=mine)
    assert (refused.exit_code, codes(refused)) == (1, ["lock-source-is-local"])
    assert refused.envelope["errors"][0]["hints"] == [
        f"gpuenv lock torch homemade {shared(server)} --format {shape} -o {file} --vendor wheels"
    ]
    ran = lock(server, tmp_path, *arguments, "--vendor", "copies", environ=mine)
    assert ran.exit_code == 0, ran.stdout
    assert [one["code"] for one in ran.envelope["data"]["warnings"]].count("lock-needs-vendor") == 1
    text = (tmp_path / file).read_text()
    assert str(folder) not in text
    assert ("--find-links ./copies" in text) is (shape == "requirements")
    assert ('path = "./copies/homemade-1.0-py3-none-any.whl"' in text) is (shape == "pylock")
    assert sha256_of(tmp_path / "copies" / wheel.name) == sha256_of(wheel)
    for path in folder.iterdir():
        path.unlink()
    env = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", env], check=True)
    _pip_installs(env, tmp_path / file, server, tmp_path)
    assert versions(env)["homemade"] == "1.0"


def _pip_installs(env: Path, lock: Path, server: IndexServer, home: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", env / "bin" / "python", "install", "-r", lock],
        check=True,
        capture_output=True,
        env=user_of(server, home),
        cwd=lock.parent,
    )


def test_a_source_that_states_what_it_needs_is_locked_unbuilt(server: IndexServer, tmp_path: Path) -> None:
    mark = tmp_path / "built"
    for name, requires in (("stated", ("inner",)), ("inner", ("colorama",))):
        server.add(make_sdist(tmp_path / "s", name, "1.0", mark=mark, requires=requires), "pypi")
    ran = lock(server, tmp_path, "stated", "-o", "gpu.txt")
    assert ran.exit_code == 0, ran.stdout
    assert not mark.exists()
    content = read_lock(tmp_path / "gpu.txt")
    assert [package.project for package in content.packages] == ["colorama", "inner", "stated", "sympy", "torch"]
    assert content.header.sources == (
        LockedSource(project="inner", metadata="metadata-static"),
        LockedSource(project="stated", metadata="metadata-static"),
    )
    digest = f"sha256:{sha256_of(tmp_path / 's' / 'stated-1.0.tar.gz')}"
    assert next(package.hashes for package in content.packages if package.project == "stated") == (digest,)
    assert [one["code"] for one in ran.envelope["data"]["warnings"]].count("lock-source-static") == 2
    as_uv_is_configured = lock(server, tmp_path, "stated", environ={"UV_NO_CONFIG": None})
    assert as_uv_is_configured.envelope["data"]["lock"]["text"] == (tmp_path / "gpu.txt").read_text()


def test_a_source_that_has_to_be_built_is_built_only_with_leave(server: IndexServer, tmp_path: Path) -> None:
    mark = tmp_path / "built"
    sdist = make_sdist(tmp_path / "s", "dynamic", "1.0", mark=mark, requires=("colorama",), is_stated=False)
    server.add(sdist, "pypi")
    refused = lock(server, tmp_path, "dynamic", "-o", "gpu.txt")
    assert (refused.exit_code, codes(refused)) == (1, ["lock-needs-build"])
    assert refused.envelope["errors"][0]["hints"] == [
        f"gpuenv lock torch dynamic {shared(server)} -o gpu.txt --allow-build dynamic"
    ]
    assert not mark.exists()
    for shape, file in (("requirements", "gpu.txt"), ("pylock", "pylock.gpu.toml")):
        ran = lock(server, tmp_path, "dynamic", "--format", shape, "-o", file, "--allow-build", "Dynamic")
        assert ran.exit_code == 0, ran.stdout
        content = read_lock(tmp_path / file)
        assert content.header.sources == (LockedSource(project="dynamic", metadata="metadata-built-on-linux-x86_64"),)
        assert [package.project for package in content.packages] == ["colorama", "dynamic", "sympy", "torch"]
    assert mark.exists()


def test_no_older_wheel_is_passed_over_for_a_newer_source(server: IndexServer, tmp_path: Path) -> None:
    server.add(make_wheel(tmp_path / "w", "mixed", "1.0"), "pypi")
    server.add(make_sdist(tmp_path / "s", "mixed", "2.0", mark=tmp_path / "built"), "pypi")
    ran = lock(server, tmp_path, "mixed")
    content = parse_lock(ran.envelope["data"]["lock"]["text"], is_pylock=False)
    assert {package.project: str(package.version) for package in content.packages}["mixed"] == "1.0"


def test_one_wheel_with_two_hashes_in_two_indexes_is_refused_with_both(server: IndexServer, tmp_path: Path) -> None:
    other = make_wheel(tmp_path / "altered", "sympy", "1.14.0", files={"sympy/__init__.py": "other = 1\n"})
    with IndexServer() as second:
        second.add(other, "pypi")
        for further in ({"PIP_EXTRA_INDEX_URL": second.simple_url}, {"PIP_FIND_LINKS": second.flat_url}):
            ran = lock(server, tmp_path, environ=further)
            assert (ran.exit_code, codes(ran)) == (1, ["lock-wheel-two-hashes"])
            message = ran.envelope["errors"][0]["message"]
            assert "sympy-1.14.0-py3-none-any.whl" in message
            assert server.url in message
            assert second.url in message


def test_a_file_without_a_published_hash_is_downloaded_for_it_or_taken_without(
    server: IndexServer, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path / "served", "torch", "2.15.0+cu132", tags=f"{TAG}-{TAG}-manylinux_2_28_x86_64")
    server.add(wheel, "cu132", has_hash=False)
    ran = gpuenv(
        *("lock", "torch", *MACHINE, "--indexes", server.pytorch_url, "-o", "gpu.txt"),
        cwd=tmp_path,
        environ=user_of(server, tmp_path),
    )
    assert ran.exit_code == 0, ran.stderr
    assert "no index publishes the hash of torch: downloading 1 MB for it" in ran.stderr
    assert f"--hash=sha256:{sha256_of(wheel)}" in (tmp_path / "gpu.txt").read_text()
    bare = lock(server, tmp_path, "--allow-unhashed", "-o", "bare.txt", environ={"UV_CACHE_DIR": str(tmp_path / "new")})
    assert bare.exit_code == 0, bare.stdout
    assert [one["code"] for one in bare.envelope["data"]["warnings"]].count("lock-unhashed") == 1
    assert (tmp_path / "bare.txt").read_text().endswith("torch==2.15.0+cu132\n")
    refused = lock(server, tmp_path, "--allow-unhashed", "--format", "pylock")
    assert (refused.exit_code, codes(refused)) == (2, ["lock-needs-hashes"])


def test_a_requirement_by_its_address_is_refused_by_name(server: IndexServer, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "w", "direct", "1.0")
    ran = lock(server, tmp_path, f"direct @ {wheel.as_uri()}")
    assert (ran.exit_code, codes(ran)) == (1, ["lock-not-from-index"])
