"""What reaches uv, and what its commands are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from gpuenv.errors import GpuenvError
from gpuenv.install.engines.uv import (
    compile_argv,
    engine_environment,
    find_uv,
    install_argv,
    pip_argv,
    target_arguments,
    uninstall_argv,
    venv_argv,
    without_credentials,
)
from gpuenv.models.platform import Platform

UV = Path("/bin/uv")
PYTHON = Path("/env/bin/python")

REDIRECTING = (
    "COLUMNS",
    "CONDA_DEFAULT_ENV",
    "CONDA_PREFIX",
    "FORCE_COLOR",
    "PIP_CONSTRAINT",
    "PIP_INDEX_URL",
    "PIP_PREFIX",
    "PIP_TARGET",
    "PIP_USER",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON",
    "UV_REQUIRE_HASHES",
    "UV_SYSTEM_PYTHON",
    "UV_TORCH_BACKEND",
    "UV_WORKING_DIRECTORY",
    "VIRTUAL_ENV",
    "VIRTUAL_ENV_PROMPT",
    "__PYVENV_LAUNCHER__",
)

PASSING = (
    "HOME",
    "HTTPS_PROXY",
    "LD_LIBRARY_PATH",
    "NETRC",
    "PATH",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SYSTEMROOT",
    "TMPDIR",
    "UV_CACHE_DIR",
    "UV_DEFAULT_INDEX",
    "UV_FIND_LINKS",
    "UV_HTTP_TIMEOUT",
    "UV_INDEX",
    "UV_INDEX_INTERNAL_PROXY_PASSWORD",
    "UV_INDEX_INTERNAL_PROXY_USERNAME",
    "UV_LINK_MODE",
    "http_proxy",
)


def test_what_would_redirect_the_engine_does_not_reach_it_and_what_it_needs_does() -> None:
    given = dict.fromkeys((*REDIRECTING, *PASSING), "set")
    fixed = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
    assert engine_environment(given) == dict.fromkeys(PASSING, "set") | fixed


def test_the_wheels_own_uv_is_found_before_the_one_on_path(tmp_path: Path) -> None:
    (tmp_path / "uv").write_text("#!/bin/sh\n")
    (tmp_path / "uv").chmod(0o755)
    assert find_uv({"PATH": str(tmp_path)}) == Path(find_uv_bin())


@pytest.mark.skipif(sys.platform == "win32", reason="the script is for POSIX")
def test_the_uv_on_path_serves_where_the_wheel_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)  # what an import of a missing module does
    with pytest.raises(GpuenvError, match="uv-not-found"):
        find_uv({"PATH": str(tmp_path)})
    (tmp_path / "uv").write_text("#!/bin/sh\n")
    (tmp_path / "uv").chmod(0o755)
    assert find_uv({"PATH": str(tmp_path)}) == tmp_path / "uv"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:secret@host/simple", "https://****@host/simple"),
        ("http://token@host:80/a http://b:c@d/", "http://****@host:80/a http://****@d/"),
        ("https://host/a@b", "https://host/a@b"),
        ("torch @ https://host/torch.whl", "torch @ https://host/torch.whl"),
    ],
)
def test_credentials_in_urls_are_not_shown(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


@pytest.mark.parametrize(
    ("platform", "triple"),
    [
        (Platform(name="linux-x86_64", glibc=(2, 28)), "x86_64-manylinux_2_28"),
        (Platform(name="linux-x86_64", glibc=(2, 27)), "x86_64-manylinux_2_17"),
        (Platform(name="linux-x86_64", glibc=(2, 36)), "x86_64-manylinux_2_36"),
        (Platform(name="linux-x86_64", glibc=(2, 99)), "x86_64-manylinux_2_40"),
        (Platform(name="linux-x86_64", glibc=(2, 12)), "x86_64-manylinux_2_17"),
        (Platform(name="linux-aarch64", glibc=(2, 35)), "aarch64-manylinux_2_35"),
        (Platform(name="linux-x86_64"), "x86_64-manylinux_2_28"),
        (Platform(name="linux-aarch64"), "aarch64-manylinux_2_34"),
        (Platform(name="windows-x86_64"), "x86_64-pc-windows-msvc"),
        (Platform(name="macos-arm64"), "aarch64-apple-darwin"),
    ],
)
def test_a_described_machine_is_named_in_uvs_words(platform: Platform, triple: str) -> None:
    assert target_arguments(platform, "3.13t") == ("--python-platform", triple, "--python-version", "3.13")


def test_the_commands_of_uv() -> None:
    assert uninstall_argv(UV, ["a", "b"], python=PYTHON) == (
        *("/bin/uv", "pip", "uninstall", "--python", "/env/bin/python", "a", "b"),
    )
    assert install_argv(
        UV,
        [Path("p.toml")],
        python=PYTHON,
        constraints=["c.txt"],
        indexes=["--no-index"],
        is_offline=True,
        is_dry=True,
    ) == (
        *("/bin/uv", "pip", "install", "--no-deps", "--python", "/env/bin/python", "--requirements", "p.toml"),
        *("--constraints", "c.txt", "--no-index", "--offline", "--dry-run", "--target", "nothing"),
    )
    assert compile_argv(
        UV,
        [Path("p.toml"), Path("r.in")],
        python=PYTHON,
        target=["--python-version", "3.12"],
        indexes=["--no-index"],
        constraints=["c.txt"],
        only_binary=["torch"],
        with_hashes=True,
        is_offline=False,
    ) == (
        *("/bin/uv", "pip", "compile", "--no-header", "--no-annotate", "p.toml", "r.in"),
        *("--python", "/env/bin/python", "--python-version", "3.12", "--constraints", "c.txt"),
        *("--only-binary", "torch", "--generate-hashes", "--no-index"),
    )
    assert venv_argv(UV, Path("/env"), python="3.12") == (
        *("/bin/uv", "venv", "--no-project", "--allow-existing", "--python", "3.12", "/env"),
    )
    assert venv_argv(UV, Path("/env"), python=None) == ("/bin/uv", "venv", "--no-project", "--allow-existing", "/env")
    assert pip_argv(UV, Path("/env"), indexes=["--no-index"], is_offline=True) == (
        *("/bin/uv", "pip", "install", "--python", "/env", "--no-index", "--offline", "pip"),
    )
