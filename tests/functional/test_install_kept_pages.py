"""Pages kept from the last run are taken at once, and an install rests on none that the server did not confirm."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from support.command import gpuenv
from support.index_server import Fault, IndexServer
from support.small_environments import versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Ran

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")

TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
WHEEL_TAGS = f"{TAG}-{TAG}-manylinux_2_28_x86_64"
PAGE = "/whl/cu130/torch/"


def install(server: IndexServer, tmp_path: Path, venv: str) -> Ran:
    return gpuenv(
        *("install", "torch", "--target", "rtx-5090", "--driver", "580.95.05", "--venv", venv),
        *("--indexes", server.pytorch_url, "--json"),
        cwd=tmp_path,
        environ={
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_INDEX_URL": server.simple_url,
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
            "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
            "GPUENV_CACHE_DIR": str(tmp_path / "cache"),
            "GPUENV_DATA_DIR": str(tmp_path / "data"),
        },
    )


def asked_by_us(server: IndexServer, since: int) -> list[int]:
    """What was answered to gpuenv's own requests for the page of torch; uv asks for it too."""
    return [
        request.status
        for request in server.log[since:]
        if request.path == PAGE and request.headers.get("user-agent", "").startswith("gpuenv/")
    ]


def test_a_page_that_is_the_same_is_asked_for_once_and_counts(tmp_path: Path) -> None:
    with IndexServer() as server:
        server.add(make_wheel(tmp_path / "wheels", "torch", "2.15.0+cu130", tags=WHEEL_TAGS), "cu130")
        assert install(server, tmp_path, "first").exit_code == 0
        asked = len(server.log)
        assert install(server, tmp_path, "second").exit_code == 0
        assert asked_by_us(server, asked) == [304]
        assert versions(tmp_path / "second")["torch"] == "2.15.0+cu130"


def test_a_page_that_has_changed_since_gives_the_answer_that_is_right_now(tmp_path: Path) -> None:
    with IndexServer() as server:
        server.add(make_wheel(tmp_path / "wheels", "torch", "2.14.1+cu130", tags=WHEEL_TAGS), "cu130")
        assert install(server, tmp_path, "first").exit_code == 0
        assert versions(tmp_path / "first")["torch"] == "2.14.1+cu130"
        server.add(make_wheel(tmp_path / "wheels", "torch", "2.15.0+cu130", tags=WHEEL_TAGS), "cu130")
        asked = len(server.log)
        ran = install(server, tmp_path, "second")
        assert ran.exit_code == 0, ran.stdout + ran.stderr
        assert asked_by_us(server, asked) == [200]
        assert versions(tmp_path / "second")["torch"] == "2.15.0+cu130"


def test_a_page_that_cannot_be_confirmed_changes_nothing(tmp_path: Path) -> None:
    with IndexServer() as server:
        server.add(make_wheel(tmp_path / "wheels", "torch", "2.15.0+cu130", tags=WHEEL_TAGS), "cu130")
        assert install(server, tmp_path, "first").exit_code == 0
        server.fail("/whl/", Fault(status=401))
        ran = install(server, tmp_path, "second")
        assert (ran.exit_code, [error["code"] for error in ran.envelope["errors"]]) == (1, ["index-needs-credentials"])
        assert not (tmp_path / "second").exists()
