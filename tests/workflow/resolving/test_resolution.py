"""Pages are read where only they can tell: nightly channels of a loopback index, through the whole command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.command import gpuenv
from support.index_server import IndexServer
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MACHINE = ("--target", "rtx-5090", "--driver", "595.71.05", "--platform", "linux-x86_64", "--python", "3.12")
TAGS = "cp312-cp312-manylinux_2_28_x86_64"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    """An index with nightly builds of two dates, of which one has its torchvision, and a stable build."""
    with IndexServer() as running:
        for date in ("20261118", "20261120"):
            running.add(make_wheel(tmp_path / date, "torch", f"2.16.0.dev{date}+cu132", tags=TAGS), "nightly/cu132")
        vision = make_wheel(tmp_path, "torchvision", "0.30.0.dev20261118+cu132", tags=TAGS)
        running.add(vision, "nightly/cu132")
        running.add(make_wheel(tmp_path, "torch", "2.15.0+cu132", tags=TAGS), "cu132")
        yield running


@pytest.mark.parametrize(
    ("channel", "asked", "answer"),
    [
        ("nightly", ("torch",), ["2.16.0.dev20261120+cu132", None]),
        ("nightly", ("torch", "torchvision"), ["2.16.0.dev20261118+cu132", "0.30.0.dev20261118+cu132"]),
        ("nightly", ("torch==2.16.0.dev20261118+cu132",), ["2.16.0.dev20261118+cu132", None]),
        ("stable", ("torch",), ["2.15.0+cu132", None]),
    ],
)
def test_nightly_builds_are_found_and_pinned_at_one_date(
    channel: str, asked: tuple[str, ...], answer: list[str | None], server: IndexServer, tmp_path: Path
) -> None:
    options = ("--channel", channel, "--indexes", server.pytorch_url)
    ran = gpuenv("plan", *asked, *MACHINE, *options, "--json", cwd=tmp_path, environ={"HOME": str(tmp_path)})
    assert ran.exit_code == 0, ran.stderr
    data = ran.envelope["data"]
    resolution = data["resolution"]
    vision = resolution["torchvision"]
    assert [resolution["torch"]["requirement"].partition("==")[2], vision and vision["local"]] == answer
    assert resolution["torch"]["channel"] == channel
    warned = {warning["code"] for warning in data["warnings"]}
    assert ("nightly-vanishes" in warned) is (channel == "nightly")


def test_offline_says_that_no_nightly_can_be_known(server: IndexServer, tmp_path: Path) -> None:
    options = ("--channel", "nightly", "--offline", "--indexes", server.pytorch_url)
    ran = gpuenv("plan", "torch", *MACHINE, *options, "--json", cwd=tmp_path)
    assert ran.exit_code == 0, ran.stderr
    assert "nightly-not-read" in {warning["code"] for warning in ran.envelope["data"]["warnings"]}
    assert server.paths == []


def test_a_nightly_that_vanished_is_answered_with_its_stable_successor(tmp_path: Path) -> None:
    ran = gpuenv("plan", "torch==2.10.0.dev20251210+cu128", *MACHINE, "--offline", "--json", cwd=tmp_path)
    assert ran.exit_code == 1
    conflict = ran.envelope["data"]["conflict"]
    assert conflict["code"] == "nightly-vanished"
    assert conflict["hints"] == [f"gpuenv plan torch==2.10.0 {' '.join(MACHINE)} --offline --json"]
