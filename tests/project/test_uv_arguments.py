"""What uv is told, judged by the real uv, beside the real pip where both have a say."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from gpuenv.models.settings import IndexSettings
from gpuenv.project.uv_arguments import uv_index_arguments, uv_index_environment
from support.certificates import make_certificates, needs_openssl
from support.index_server import Fault, IndexServer
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuenv.models.settings import IndexSettings as Settings

FULL = IndexSettings(
    index_url="https://me:p%40ss@mirror.example/simple",
    extra_index_urls=("https://one.example/simple", "https://token@two.example/simple"),
    find_links=("/wheels", "https://links.example/x.html"),
    cert="/ca.pem",
    client_cert="/client.pem",
    trusted_hosts=("mirror.example", "one.example:8443"),
    proxy="proxy.example:3128",
    timeout_s=7.2,
)


def test_every_setting_is_translated_and_no_argument_holds_credentials() -> None:
    assert uv_index_arguments(FULL) == (
        *("--default-index", "pip-default=https://mirror.example/simple"),
        *("--index", "https://one.example/simple"),
        *("--index", "pip-extra-2=https://two.example/simple"),
        *("--index-strategy", "unsafe-best-match"),
        *("--find-links", "/wheels", "--find-links", "https://links.example/x.html"),
        *("--allow-insecure-host", "mirror.example", "--allow-insecure-host", "one.example:8443"),
    )
    assert uv_index_environment(FULL, {}) == {
        "UV_INDEX_PIP_DEFAULT_USERNAME": "me",
        "UV_INDEX_PIP_DEFAULT_PASSWORD": "p@ss",
        "UV_INDEX_PIP_EXTRA_2_USERNAME": "token",
        "UV_INDEX_PIP_EXTRA_2_PASSWORD": "",
        "SSL_CERT_FILE": "/ca.pem",
        "SSL_CLIENT_CERT": "/client.pem",
        "HTTP_PROXY": "http://proxy.example:3128",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "http_proxy": "http://proxy.example:3128",
        "https_proxy": "http://proxy.example:3128",
        "UV_HTTP_TIMEOUT": "8",
    }


def test_find_links_with_credentials_go_through_the_environment() -> None:
    settings = IndexSettings(find_links=("/a,b", "https://me:secret@links.example/"))
    assert uv_index_arguments(settings) == ()
    additions = uv_index_environment(settings, {"UV_SYSTEM_CERTS": "1"})
    assert additions == {"UV_FIND_LINKS": "/a%2Cb,https://me:secret@links.example/"}


def test_without_an_index_only_links_are_left() -> None:
    settings = IndexSettings(index_url="https://mirror.example", find_links=("/wheels",), no_index=True)
    assert uv_index_arguments(settings) == ("--no-index", "--find-links", "/wheels")


def test_one_index_needs_no_strategy() -> None:
    settings = IndexSettings(index_url="https://mirror.example")
    assert uv_index_arguments(settings) == ("--default-index", "https://mirror.example")
    assert uv_index_arguments(IndexSettings()) == ()


def test_what_the_user_says_to_uv_itself_is_left_to_uv() -> None:
    environ = {
        "UV_DEFAULT_INDEX": "https://own.example",
        "UV_INDEX": "https://own.example",
        "UV_FIND_LINKS": "/own",
        "UV_INSECURE_HOST": "own.example",
        "UV_HTTP_TIMEOUT": "3",
        "SSL_CERT_FILE": "/own.pem",
    }
    settings = IndexSettings(
        index_url="https://me:secret@mirror.example",
        extra_index_urls=("https://one.example",),
        find_links=("/wheels",),
        trusted_hosts=("mirror.example",),
        timeout_s=9.0,
    )
    assert uv_index_arguments(settings, environ) == ()
    assert uv_index_environment(settings, environ) == {}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}),
        ({"REQUESTS_CA_BUNDLE": "/bundle.pem"}, {"SSL_CERT_FILE": "/bundle.pem"}),
        ({"CURL_CA_BUNDLE": "/bundle.pem"}, {"SSL_CERT_FILE": "/bundle.pem"}),
        ({"REQUESTS_CA_BUNDLE": "/bundle.pem", "SSL_CERT_FILE": "/own.pem"}, {}),
        ({"SSL_CERT_DIR": "/certs"}, {}),
    ],
)
def test_uv_trusts_whom_pip_trusts(environ: dict[str, str], expected: dict[str, str]) -> None:
    assert uv_index_environment(IndexSettings(), environ) == expected


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    with IndexServer() as running:
        running.add(make_wheel(tmp_path / "wheels", "six", "1.17.0"), "pypi")
        yield running


def environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    nothing = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}
    return {**kept, **nothing, "HOME": str(folder), "UV_CACHE_DIR": str(folder / "uv-cache"), "UV_HTTP_RETRIES": "0"}


def compile_with(settings: Settings, folder: Path, requirement: str = "six") -> str:
    """Let uv resolve a requirement; gives the pins, or the error's text."""
    environ = environment(folder)
    command = [find_uv_bin(), "pip", "compile", "-", "--no-header", "--no-annotate", "--python", sys.executable]
    ran = subprocess.run(
        [*command, *uv_index_arguments(settings)],
        env=environ | uv_index_environment(settings, environ),
        input=requirement,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout.strip() if ran.returncode == 0 else ran.stderr


def pip_would_install(settings: Settings, folder: Path, requirement: str = "six") -> str:
    """Ask pip the same, with the settings as its own variables."""
    environ = environment(folder) | {
        "PIP_INDEX_URL": settings.index_url or "",
        "PIP_EXTRA_INDEX_URL": " ".join(settings.extra_index_urls),
        "PIP_FIND_LINKS": " ".join(settings.find_links),
        "PIP_NO_INDEX": "1" if settings.no_index else "",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    command = [sys.executable, "-I", "-m", "pip"]  # -I: pip reads PIP_ variables all the same
    options = ["install", "--dry-run", "--ignore-installed", "--no-cache-dir", "--quiet", "--report", "-"]
    probe = (
        "import json, sys; "
        "print(*(f\"{i['metadata']['name']}=={i['metadata']['version']}\" for i in json.load(sys.stdin)['install']))"
    )
    ran = subprocess.run([*command, *options, requirement], env=environ, capture_output=True, text=True, check=True)
    shown = subprocess.run([sys.executable, "-c", probe], input=ran.stdout, capture_output=True, text=True, check=True)
    return shown.stdout.strip()


def test_the_best_version_of_all_indexes_is_taken_as_pip_does(server: IndexServer, tmp_path: Path) -> None:
    server.add(make_wheel(tmp_path / "wheels", "six", "1.18.0"), "cpu")
    server.add(make_wheel(tmp_path / "wheels", "six", "1.16.0"), "cu128")
    extra = (f"{server.pytorch_url}/cu128", f"{server.pytorch_url}/cpu")
    settings = IndexSettings(index_url=server.simple_url, extra_index_urls=extra)
    assert compile_with(settings, tmp_path) == pip_would_install(settings, tmp_path) == "six==1.18.0"


def test_find_links_folders_and_pages_are_seen(server: IndexServer, tmp_path: Path) -> None:
    make_wheel(tmp_path / "folder", "six", "1.19.0")
    settings = IndexSettings(index_url=server.simple_url, find_links=(str(tmp_path / "folder"),))
    assert compile_with(settings, tmp_path) == pip_would_install(settings, tmp_path) == "six==1.19.0"
    settings = IndexSettings(no_index=True, find_links=(server.flat_url,))
    assert compile_with(settings, tmp_path) == pip_would_install(settings, tmp_path) == "six==1.17.0"


def test_an_index_in_files_that_lacks_a_project_is_no_obstacle(server: IndexServer, tmp_path: Path) -> None:
    project = tmp_path / "index" / "other"
    project.mkdir(parents=True)
    (project / "index.html").write_text("<!DOCTYPE html><html><body></body></html>", encoding="utf-8")
    extra = ((tmp_path / "index").as_uri(), (tmp_path / "nowhere").as_uri())
    settings = IndexSettings(index_url=server.simple_url, extra_index_urls=extra)
    assert compile_with(settings, tmp_path) == pip_would_install(settings, tmp_path) == "six==1.17.0"


def test_a_local_label_in_find_links_does_not_replace_a_build_pinned_with_three_equals_signs(
    server: IndexServer, tmp_path: Path
) -> None:
    make_wheel(tmp_path / "folder", "six", "1.17.0+cpu")
    settings = IndexSettings(index_url=server.simple_url, find_links=(str(tmp_path / "folder"),))
    assert compile_with(settings, tmp_path, "six==1.17.0") == "six==1.17.0+cpu"
    assert compile_with(settings, tmp_path, "six===1.17.0") == "six==1.17.0"


def test_credentials_reach_the_indexes_of_different_hosts(server: IndexServer, tmp_path: Path) -> None:
    with IndexServer() as other:
        server.fail("/simple/", Fault(credentials="me:p@ss"))
        other.fail("/simple/", Fault(credentials="you:word"))
        other.add(make_wheel(tmp_path / "wheels", "six", "1.18.0"), "pypi")
        settings = IndexSettings(
            index_url=server.simple_url.replace("://", "://me:p%40ss@"),
            extra_index_urls=(other.simple_url.replace("://", "://you:word@"),),
        )
        assert compile_with(settings, tmp_path) == pip_would_install(settings, tmp_path) == "six==1.18.0"


def test_credentials_of_find_links_reach_the_page(server: IndexServer, tmp_path: Path) -> None:
    server.fail("/flat/", Fault(credentials="me:p@ss"))
    settings = IndexSettings(no_index=True, find_links=(server.flat_url.replace("://", "://me:p%40ss@"),))
    assert compile_with(settings, tmp_path) == "six==1.17.0"


def test_requests_go_through_the_proxy(server: IndexServer, tmp_path: Path) -> None:
    settings = IndexSettings(index_url="http://index.invalid/simple", proxy=f"127.0.0.1:{server.port}")
    assert compile_with(settings, tmp_path) == "six==1.17.0"
    assert all(request.was_proxied for request in server.log)


def test_the_time_out_is_uvs_too(server: IndexServer, tmp_path: Path) -> None:
    server.fail("/simple/six/", Fault(hang_s=20))
    settings = IndexSettings(index_url=server.simple_url, timeout_s=0.3)
    started = time.monotonic()
    assert "timed out" in compile_with(settings, tmp_path)
    assert time.monotonic() - started < 15


@needs_openssl
def test_the_users_authority_is_trusted_and_a_trusted_host_needs_none(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path / "certificates")
    with IndexServer(certificate=certificates.server) as secure:
        secure.add(make_wheel(tmp_path / "wheels", "six", "1.17.0"), "pypi")
        bare = IndexSettings(index_url=secure.simple_url)
        assert "certificate" in compile_with(bare, tmp_path / "a").lower()
        trusting = IndexSettings(index_url=secure.simple_url, cert=str(certificates.authority))
        assert compile_with(trusting, tmp_path / "b") == "six==1.17.0"
        careless = IndexSettings(index_url=secure.simple_url, trusted_hosts=("127.0.0.1",))
        assert compile_with(careless, tmp_path / "c") == "six==1.17.0"
