"""pip is told what the plan was computed with; the real pip understands it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gpuenv.models.settings import IndexSettings
from gpuenv.project.pip_arguments import pip_index_environment, pip_index_lines, with_variables_of_uv
from support.certificates import make_certificates, needs_openssl
from support.index_server import Fault, IndexServer
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SETTINGS = IndexSettings(
    index_url="https://me:secret@mirror/simple",
    extra_index_urls=("https://second/simple",),
    find_links=("/wheels", "https://links/page.html"),
    trusted_hosts=("mirror",),
    cert="/ca.pem",
    client_cert="/client.pem",
    proxy="http://proxy:3128",
    timeout_s=30.0,
)


def test_indexes_are_lines_of_a_file_and_the_rest_are_variables() -> None:
    assert pip_index_lines(SETTINGS) == (
        "--index-url https://me:secret@mirror/simple",
        "--extra-index-url https://second/simple",
        "--find-links /wheels",
        "--find-links https://links/page.html",
        "--trusted-host mirror",
    )
    assert pip_index_environment(SETTINGS, {}) == {
        "PIP_CERT": "/ca.pem",
        "PIP_CLIENT_CERT": "/client.pem",
        "PIP_PROXY": "http://proxy:3128",
        "PIP_DEFAULT_TIMEOUT": "30",
    }
    assert pip_index_lines(IndexSettings(no_index=True, index_url="https://x", find_links=("/wheels",))) == (
        "--no-index",
        "--find-links /wheels",
    )
    assert (pip_index_lines(IndexSettings()), pip_index_environment(IndexSettings(), {})) == ((), {})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, IndexSettings(index_url="https://a", find_links=("/w",))),
        ({"UV_DEFAULT_INDEX": "https://b"}, IndexSettings(index_url="https://b", find_links=("/w",))),
        ({"UV_INDEX_URL": "https://c"}, IndexSettings(index_url="https://c", find_links=("/w",))),
        (
            {"UV_INDEX": "own=https://d https://e", "UV_INDEX_OWN_USERNAME": "me", "UV_INDEX_OWN_PASSWORD": "a/b"},
            IndexSettings(
                index_url="https://a", find_links=("/w",), extra_index_urls=("https://me:a%2Fb@d", "https://e")
            ),
        ),
        ({"UV_FIND_LINKS": "/x,/y%2Cz"}, IndexSettings(index_url="https://a", find_links=("/x", "/y,z"))),
        ({"UV_NO_INDEX": "1"}, IndexSettings(index_url="https://a", find_links=("/w",), no_index=True)),
        (
            {"UV_INSECURE_HOST": "h i"},
            IndexSettings(index_url="https://a", find_links=("/w",), trusted_hosts=("h", "i")),
        ),
    ],
)
def test_variables_of_uv_count_for_pip_too(environ: Mapping[str, str], expected: IndexSettings) -> None:
    assert with_variables_of_uv(IndexSettings(index_url="https://a", find_links=("/w",)), environ) == expected


def download(tmp_path: Path, settings: IndexSettings) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "requirements.txt"
    file.write_text("\n".join((*pip_index_lines(settings), "thing===1.0")) + "\n")
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
    argv = [sys.executable, "-m", "pip", "download", "--no-cache-dir", "--no-deps", "-d", str(tmp_path / "got")]
    return subprocess.run(
        [*argv, "-r", str(file)],
        env={**bare, **pip_index_environment(settings, {})},
        capture_output=True,
        text=True,
        check=False,
    )


@needs_openssl
def test_the_real_pip_brings_credentials_and_trusts_what_it_is_told_to(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path / "certificates")
    with IndexServer(certificate=certificates.server) as server:
        server.add(make_wheel(tmp_path / "wheels", "thing", "1.0"), "pypi")
        server.fail("/simple", Fault(credentials="me:secret"))
        url = server.simple_url.replace("https://", "https://me:secret@")
        assert download(tmp_path, IndexSettings(index_url=url)).returncode != 0
        done = download(tmp_path, IndexSettings(index_url=url, cert=str(certificates.authority)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "secret" not in done.stdout + done.stderr
    assert [path.name for path in (tmp_path / "got").iterdir()] == ["thing-1.0-py3-none-any.whl"]
