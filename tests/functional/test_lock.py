"""`gpuenv lock` as a command: against a PyTorch-style index on loopback, and against the real default index."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from gpuenv.install.engines.uv import find_uv
from gpuenv.lock.header import parse_header
from gpuenv.lock.pylock_table import parse_own_table
from gpuenv.models.platform import Platform, PythonVersion
from support.command import gpuenv as gpuenv_process
from support.in_process import gpuenv_here as gpuenv
from support.index_server import IndexServer
from support.wheels import make_wheel, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = f"cp{HERE.replace('.', '')}"
MACHINE = ("--target", "gtx-1080-ti", "--driver", "580.95.05", "--platform", "linux-x86_64", "--python", HERE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    wheels = tmp_path_factory.mktemp("wheels")
    with IndexServer() as server:
        for system in ("manylinux_2_28_x86_64", "win_amd64"):
            tags = f"{TAG}-{TAG}-{system}"
            for index, version in (("cu126", "2.14.1+cu126"), ("cpu", "2.14.1+cpu")):
                requires = ("sympy>=1.13", "colorama; sys_platform == 'win32'")
                server.add(make_wheel(wheels, "torch", version, tags=tags, requires=requires), index)
        server.add(make_wheel(wheels, "sympy", "1.14.0"), "pypi")
        server.add(make_wheel(wheels, "sympy", "1.99.0"), "cu126")
        server.add(make_wheel(wheels, "colorama", "0.4.6"), "pypi")
        server.add(make_wheel(wheels, "docreader", "1.7.2", requires=("torch",)), "pypi")
        yield server


@pytest.fixture
def environ(server: IndexServer, tmp_path: Path) -> Mapping[str, str]:
    """A user whose default index is the server's, with nothing else configured."""
    return {
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": server.simple_url,
        "PIP_FIND_LINKS": "",
        "PIP_EXTRA_INDEX_URL": "",
        "XDG_CONFIG_HOME": str(tmp_path),
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "UV_NO_CONFIG": "1",
    }


def test_a_lock_is_what_bare_pip_and_uv_install(
    server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    arguments = ("lock", "torch", "docreader", *MACHINE, "--indexes", server.pytorch_url, "-o", "gpu.txt")
    ran = gpuenv(*arguments, "--json", cwd=tmp_path, environ=environ)
    assert ran.exit_code == 0, ran.stderr
    data = ran.envelope["data"]
    text = (tmp_path / "gpu.txt").read_text()
    assert data["changed"] is True
    assert data["lock"]["text"] == text
    assert data["lock"]["path"] == str(tmp_path / "gpu.txt")
    assert data["resolution"]["torch"]["local"] == "2.14.1+cu126"
    header = parse_header(text)
    assert (header.torch, header.tag) == (Version("2.14.1+cu126"), "cu126")
    assert (header.platform, header.matrix) == (Platform(name="linux-x86_64", glibc=(2, 28)), data["matrix"])
    body = text.partition("#\n--")[2].splitlines()
    assert [line for line in body if "hash" not in line] == [
        f"find-links {server.pytorch_url}/cu126/torch/",
        "",
        "docreader==1.7.2 \\",
        "sympy==1.14.0 \\",
        "torch==2.14.1+cu126 \\",
    ]
    again = gpuenv(*arguments, "--json", cwd=tmp_path, environ=environ)
    assert again.envelope["data"]["changed"] is False
    for installer in ("pip", "uv"):
        python = _environment(tmp_path / installer)
        _install(installer, python, tmp_path / "gpu.txt", environ)
        assert _installed(python) == {"docreader": "1.7.2", "sympy": "1.14.0", "torch": "2.14.1+cu126"}


def test_a_tampered_lock_installs_nothing(server: IndexServer, environ: Mapping[str, str], tmp_path: Path) -> None:
    arguments = ("lock", "torch", *MACHINE, "--indexes", server.pytorch_url, "-o", "gpu.txt")
    assert gpuenv(*arguments, cwd=tmp_path, environ=environ).exit_code == 0
    lock = tmp_path / "gpu.txt"
    lock.write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", lock.read_text()))
    python = _environment(tmp_path / "env")
    with pytest.raises(subprocess.CalledProcessError, match="returned non-zero"):
        _install("pip", python, lock, environ)
    assert _installed(python) == {}


def test_another_platform_is_locked_with_its_own_dependencies_on_standard_output(
    server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    machine = ("--target", "gtx-1080-ti", "--platform", "windows-x86_64", "--python", HERE)
    ran = gpuenv("lock", "torch", *machine, "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ)
    assert ran.exit_code == 0, ran.stderr
    assert parse_header(ran.stdout).platform == Platform(name="windows-x86_64")
    assert [line.split()[0] for line in ran.stdout.splitlines() if "==" in line] == [
        "colorama==0.4.6",
        "sympy==1.14.0",
        "torch==2.14.1+cu126",
    ]


def test_differently_configured_users_get_the_same_bytes(
    server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    """The second has a folder with a newer dependency, an extra index on disk, a mirror with a password, and a venv;
    another home, cache, folder, language, time zone and hash seed; and a project that says something else."""
    folder = tmp_path / "folder"
    make_wheel(folder, "sympy", "1.99.0")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pyproject.toml").write_text('[tool.gpuenv]\nrequirements = ["numpy"]\n[tool.uv]\nno-index = true\n')
    other = {
        **environ,
        "HOME": str(elsewhere),
        "PIP_FIND_LINKS": str(folder),
        "PIP_EXTRA_INDEX_URL": f"{folder.as_uri()}/simple",
        "PIP_INDEX_URL": server.simple_url.replace("://", "://user:secret@"),
        "UV_CACHE_DIR": str(tmp_path / "other-cache"),
        "GPUENV_CACHE_DIR": str(tmp_path / "other-pages"),
        "GPUENV_LANG": "zh",
        "LC_ALL": "C",
        "TZ": "Asia/Shanghai",
        "PYTHONHASHSEED": "7",
    }
    range_of_cards = ("--target", "sm_61..sm_80", "--platform", "linux-x86_64,windows-x86_64", "--python", HERE)
    shared = ("lock", "torch", "docreader", "--indexes", server.pytorch_url)
    for arguments in (
        (*MACHINE, "-o", "gpu.txt"),
        (*MACHINE, "--format", "pylock", "-o", "pylock.toml"),
        (*MACHINE, "--format", "docker"),
        range_of_cards,
    ):
        for cwd, variables in ((tmp_path, environ), (elsewhere, other)):
            ran = gpuenv_process(*shared, *arguments, cwd=cwd, environ=variables)
            assert ran.exit_code == 0, ran.stderr
    files = (
        "gpu.txt",
        "pylock.toml",
        "Dockerfile",
        "requirements-gpu.txt",
        "locks/INSTALL-GPU.md",
        f"locks/requirements-cu126-linux-x86_64-py{HERE.replace('.', '')}.txt",
    )
    for name in files:
        content = (tmp_path / name).read_bytes()
        assert content == (elsewhere / name).read_bytes()
        assert not any(word in content for word in (b"secret", str(tmp_path).encode()))


def test_a_mirror_set_in_the_environment_is_not_what_others_are_sent_to(
    server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    mirrored = {**environ, "GPUENV_INDEXES": server.pytorch_url}
    ran = gpuenv("lock", "torch", *MACHINE, cwd=tmp_path, environ=mirrored)
    assert ran.exit_code == 0, ran.stderr
    assert "--find-links https://download.pytorch.org/whl/cu126/torch/" in ran.stdout.splitlines()
    assert "127.0.0.1" not in ran.stdout


def test_a_folder_of_wheels_cannot_be_locked(environ: Mapping[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    make_wheel(folder, "torch", "2.14.1+cu126", tags=f"{TAG}-{TAG}-manylinux_2_28_x86_64")
    ran = gpuenv("lock", "torch", *MACHINE, "--indexes", str(folder), "--json", cwd=tmp_path, environ=environ)
    assert ran.exit_code == 1
    assert [error["code"] for error in ran.envelope["errors"]] == ["lock-source-is-local"]


def test_a_conflict_writes_no_file(tmp_path: Path, environ: Mapping[str, str]) -> None:
    machine = ("--target", "gtx-1080-ti,rtx-5090", "--platform", "linux-x86_64", "--python", "3.12", "--offline")
    ran = gpuenv("lock", *machine, "-o", "gpu.txt", "--json", cwd=tmp_path, environ=environ)
    assert (ran.exit_code, ran.envelope["status"], ran.envelope["data"]["lock"]) == (1, "conflict", None)
    assert not (tmp_path / "gpu.txt").exists()


PROJECT = f"""\
# An application.
[project]
name = "app"
version = "1"
requires-python = ">={HERE}"
dependencies = ["colorama"] # torch comes by an extra

# Its checks.
[tool.ruff]
line-length = 100
"""


def test_an_extra_of_a_uv_project_installs_the_build_for_the_card(
    server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(PROJECT)
    shared = ("--indexes", server.pytorch_url, "--format", "uv", "--json")
    card = ("lock", "torch", *MACHINE, *shared)
    cpu = ("lock", "torch", "--target", "cpu", "--platform", "linux-x86_64", "--python", HERE, *shared)
    for arguments, extra in ((card, "cu126"), (cpu, "cpu")):
        ran = gpuenv(*arguments, cwd=tmp_path, environ=environ)
        assert ran.exit_code == 0, ran.stdout
        data = ran.envelope["data"]
        assert (data["changed"], data["lock"]["format"], data["lock"]["extra"]) == (True, "uv", extra)
        assert data["lock"]["text"] == project.read_text()
    text = project.read_text()
    assert [line for line in PROJECT.splitlines() if line not in text.splitlines()] == []
    for arguments in (card, cpu):
        assert gpuenv(*arguments, cwd=tmp_path, environ=environ).envelope["data"]["changed"] is False
    assert project.read_text() == text
    for extra, version in (("cu126", "2.14.1+cu126"), ("cpu", "2.14.1+cpu")):
        _uv_project("sync", "--extra", extra, cwd=tmp_path, environ=environ)
        assert _installed(_python_in(tmp_path / ".venv")) == {
            "colorama": "0.4.6",
            "sympy": "1.14.0",
            "torch": version,
        }
    with pytest.raises(subprocess.CalledProcessError):
        _uv_project("sync", "--extra", "cu126", "--extra", "cpu", cwd=tmp_path, environ=environ)
    _uv_project("sync", "--locked", cwd=tmp_path, environ=environ)
    assert _installed(_python_in(tmp_path / ".venv")) == {"colorama": "0.4.6"}


def test_the_command_that_installs_the_extra_is_shown(
    server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(PROJECT.replace('"colorama"', '"torch"'))
    arguments = ("lock", "torch", *MACHINE, "--indexes", server.pytorch_url, "--format", "uv")
    ran = gpuenv(*arguments, cwd=tmp_path, environ=environ)
    assert ran.exit_code == 0, ran.stderr
    assert f"wrote the extra cu126 into {project}; install it with: uv sync --extra cu126" in ran.stdout
    assert "without --extra, uv sync installs these from the default index" in ran.stderr
    assert "uv-project-depends-directly" in ran.stderr


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "uv-project-missing"),
        ("[project\n", "uv-project-not-toml"),
        ("[tool.ruff]\n", "uv-project-without-table"),
        ('[project]\nname = "app"\n[tool.uv.sources]\ntorch = { index = "mine" }\n', "uv-source-in-the-way"),
    ],
)
def test_a_project_that_cannot_be_extended_is_left_as_it_is(
    text: str | None, code: str, server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    project = tmp_path / "pyproject.toml"
    if text is not None:
        project.write_text(text)
    arguments = ("lock", "torch", *MACHINE, "--indexes", server.pytorch_url, "--format", "uv", "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ=environ)
    assert (ran.exit_code, [error["code"] for error in ran.envelope["errors"]]) == (1, [code])
    assert (project.read_text() if project.exists() else None) == text


def test_a_pylock_is_what_uv_and_pip_install_and_refuse_elsewhere(
    server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    arguments = ("lock", "torch", "docreader", *MACHINE, "--indexes", server.pytorch_url, "--format", "pylock")
    name = "pylock.gtx-1080-ti.toml"
    ran = gpuenv(*arguments, "-o", name, "--json", cwd=tmp_path, environ=environ)
    assert ran.exit_code == 0, ran.stdout
    assert [package["project"] for package in ran.envelope["data"]["lock"]["packages"]] == [
        "docreader",
        "sympy",
        "torch",
    ]
    assert [warning["code"] for warning in ran.envelope["data"]["warnings"]].count("pylock-names-your-index") == 1
    text = (tmp_path / name).read_text()
    header = parse_own_table(text)
    assert (header.torch, header.tag) == (Version("2.14.1+cu126"), "cu126")
    assert (header.platform, header.python) == (Platform(name="linux-x86_64", glibc=(2, 28)), PythonVersion.parse(HERE))
    elsewhere = tmp_path / "pylock.elsewhere.toml"
    elsewhere.write_text(text.replace('sys_platform == \\"linux\\"', 'sys_platform == \\"darwin\\"'))
    assert elsewhere.read_text() != text
    for installer in ("pip", "uv"):
        python = _environment(tmp_path / installer)
        with pytest.raises(subprocess.CalledProcessError):
            _install_pylock(installer, python, elsewhere, environ)
        assert _installed(python) == {}
        _install_pylock(installer, python, tmp_path / name, environ)
        assert _installed(python) == {"docreader": "1.7.2", "sympy": "1.14.0", "torch": "2.14.1+cu126"}


def test_a_pylock_holds_no_folder_and_no_password(
    server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    make_wheel(folder, "sympy", "1.99.0")
    other = {
        **environ,
        "GPUENV_INDEXES": server.pytorch_url,
        "PIP_FIND_LINKS": str(folder),
        "PIP_INDEX_URL": server.simple_url.replace("://", "://user:secret@"),
    }
    arguments = ("lock", "torch", *MACHINE, "--format", "pylock")
    first = gpuenv(*arguments, cwd=tmp_path, environ={**environ, "GPUENV_INDEXES": server.pytorch_url})
    second = gpuenv(*arguments, cwd=tmp_path, environ=other)
    assert (first.exit_code, second.exit_code) == (0, 0), second.stderr
    assert first.stdout == second.stdout
    assert f'"https://download.pytorch.org/whl/cu126/torch-2.14.1%2Bcu126-{TAG}-{TAG}-' in first.stdout


def test_a_nightly_lock_names_a_dated_build_and_warns(
    server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    tags = f"{TAG}-{TAG}-manylinux_2_28_x86_64"
    nightly = make_wheel(tmp_path, "torch", "2.16.0.dev20261120+cu132", tags=tags, requires=("triton==3.9.0+git1",))
    server.add(nightly, "nightly/cu132")
    server.add(make_wheel(tmp_path, "triton", "3.9.0+git1"), "nightly/cu132")
    machine = ("--target", "rtx-5090", "--platform", "linux-x86_64", "--python", HERE, "--channel", "nightly")
    ran = gpuenv("lock", "torch", *machine, "--indexes", server.pytorch_url, "--json", cwd=tmp_path, environ=environ)
    assert ran.exit_code == 0, ran.stdout
    data = ran.envelope["data"]
    assert "torch==2.16.0.dev20261120+cu132 \\\n    --hash=sha256:" in data["lock"]["text"]
    assert f"--find-links {server.pytorch_url}/nightly/cu132/triton/\n" in data["lock"]["text"]
    assert "lock-nightly-vanishes" in [warning["code"] for warning in data["warnings"]]


@pytest.mark.parametrize(("stated", "told"), [(None, "14.0"), ("15.2", "15.2")])
def test_a_mac_is_locked_for_the_oldest_system_to_be_served(
    server: IndexServer, environ: Mapping[str, str], tmp_path: Path, stated: str | None, told: str
) -> None:
    wheel = make_wheel(tmp_path, "torch", "2.15.0", tags=f"{TAG}-{TAG}-macosx_14_0_arm64")
    server.add(wheel, "cpu")
    variables = {**environ, **({"MACOSX_DEPLOYMENT_TARGET": stated} if stated else {})}
    machine = ("--target", "cpu", "--platform", "macos-arm64", "--python", HERE)
    ran = gpuenv("lock", "torch", *machine, "--indexes", server.pytorch_url, cwd=tmp_path, environ=variables)
    assert ran.exit_code == 0, ran.stderr
    assert f"# platform: macos-arm64; macos {told}\n" in ran.stdout
    assert f"torch===2.15.0 \\\n    --hash=sha256:{sha256_of(wheel)}\n" in ran.stdout


def test_a_pylock_that_no_installer_would_find_is_refused(tmp_path: Path, environ: Mapping[str, str]) -> None:
    arguments = ("lock", "torch", *MACHINE, "--format", "pylock", "-o", "gpu.lock", "--json")
    ran = gpuenv(*arguments, cwd=tmp_path, environ=environ)
    (error,) = ran.envelope["errors"]
    assert (ran.exit_code, error["code"]) == (2, "pylock-name-invalid")
    machine = " ".join(MACHINE)
    assert error["hints"] == [f"gpuenv lock torch {machine} --format pylock -o pylock.gpu-lock.toml --json"]


@pytest.mark.network
def test_a_card_is_locked_against_the_real_default_index(tmp_path: Path) -> None:
    machine = ("--target", "rtx-5090", "--platform", "linux-x86_64", "--python", "3.12")
    arguments = ("lock", "torch", *machine, "--indexes", "pypi")
    ran = gpuenv(*arguments, "-o", "requirements-rtx-5090.txt", "--json", cwd=tmp_path)
    codes = [error["code"] for error in ran.envelope["errors"]]
    if ran.exit_code != 0 and codes[0].startswith("network-"):
        pytest.skip(f"the default index cannot be reached: {codes[0]}")
    assert ran.exit_code == 0, ran.stdout
    text = (tmp_path / "requirements-rtx-5090.txt").read_text()
    header = parse_header(text)
    assert [(gpu.name, gpu.via.sm) for gpu in header.gpus] == [("NVIDIA GeForce RTX 5090", "sm_120")]
    assert header.minimum_driver is not None
    assert f"\ntorch==={header.torch} \\\n    --hash=sha256:" in text
    names = [line.partition("==")[0] for line in text.splitlines() if "==" in line]
    assert {"nvidia-cublas", "nvidia-cudnn-cu13", "triton"} < set(names)
    checked = _install_dry(tmp_path / "requirements-rtx-5090.txt")
    assert f"+ torch=={header.torch}" in checked


def _environment(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return _python_in(folder)


def _install(installer: str, python: Path, lock: Path, environ: Mapping[str, str]) -> None:
    """Install by the plain command, with what this user has configured for the default index."""
    argv = {
        "pip": (sys.executable, "-m", "pip", "--python", str(python), "install", "--require-hashes", "-r", str(lock)),
        "uv": (str(find_uv(os.environ)), "pip", "sync", "--python", str(python), "--require-hashes", str(lock)),
    }[installer]
    default_index = {"UV_DEFAULT_INDEX": environ["PIP_INDEX_URL"]}
    subprocess.run(argv, check=True, capture_output=True, env={**os.environ, **environ, **default_index})


def _install_dry(lock: Path) -> str:
    argv = (find_uv(os.environ), "pip", "install", "--dry-run", "--require-hashes", "--target", lock.parent / "target")
    machine = ("--python-platform", "x86_64-manylinux_2_28", "--python-version", "3.12")
    done = subprocess.run(
        [*argv, *machine, "-r", lock],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
    )
    return done.stderr


def _install_pylock(installer: str, python: Path, lock: Path, environ: Mapping[str, str]) -> None:
    argv = {
        "pip": (sys.executable, "-m", "pip", "--python", str(python), "install", "-r", str(lock)),
        "uv": (str(find_uv(os.environ)), "pip", "sync", "--python", str(python), str(lock)),
    }[installer]
    subprocess.run(argv, check=True, capture_output=True, env={**os.environ, **environ})


def _uv_project(*arguments: str, cwd: Path, environ: Mapping[str, str]) -> None:
    """Run a project command of uv as its user does; the project's own tables count."""
    left_out = {"VIRTUAL_ENV", "CONDA_PREFIX", "UV_NO_CONFIG"}
    inherited = {name: value for name, value in {**os.environ, **environ}.items() if name not in left_out}
    settings = {
        "UV_DEFAULT_INDEX": environ["PIP_INDEX_URL"],
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PYTHON": sys.executable,
    }
    subprocess.run(
        [find_uv(os.environ), *arguments], check=True, capture_output=True, cwd=cwd, env={**inherited, **settings}
    )


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def _installed(python: Path) -> dict[str, str]:
    listing = "import importlib.metadata as m; [print(d.name, d.version) for d in m.distributions()]"
    done = subprocess.run([python, "-c", listing], check=True, capture_output=True, text=True)
    return dict(sorted(line.split() for line in done.stdout.splitlines()))


def test_hashes_are_those_of_the_files(server: IndexServer, environ: Mapping[str, str], tmp_path: Path) -> None:
    ran = gpuenv("lock", "torch", *MACHINE, "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ)
    wheel = make_wheel(tmp_path, "sympy", "1.14.0")
    assert f"sympy==1.14.0 \\\n    --hash=sha256:{sha256_of(wheel)}\n" in ran.stdout
