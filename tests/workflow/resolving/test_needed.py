"""Offline the engine tells out of the user's folders and its cache what other packages need of the GPU family."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.command import gpuenv
from support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = ("--target", "rtx-5090", "--platform", "linux-x86_64", "--python", "3.12", "--offline", "--json")


@pytest.mark.parametrize(
    ("asked", "family", "warnings"),
    [
        ("gpu-app", ["torch"], []),
        ("plain-app", [], []),
        ("unheard-of", ["torch", "torchvision"], ["needs-unknown-offline"]),
    ],
)
def test_what_a_package_needs_is_looked_up_before_it_is_guessed(
    asked: str, family: list[str], warnings: list[str], tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "gpu-app", "1.0", requires=("torch",))
    make_wheel(wheels, "torch", "2.3.0")
    make_wheel(wheels, "plain-app", "1.0")
    # What other tests kept of index pages would be told of here.
    own = {name: str(tmp_path / name.lower()) for name in ("GPUENV_CACHE_DIR", "GPUENV_DATA_DIR", "UV_CACHE_DIR")}
    environ = {"HOME": str(tmp_path), "PIP_FIND_LINKS": str(wheels), **own}
    ran = gpuenv("plan", asked, *MACHINE, cwd=tmp_path, environ=environ)
    assert ran.exit_code == 0, ran.stderr
    data = ran.envelope["data"]
    assert [step["project"] for step in data["steps"]] == family
    assert [warning["code"] for warning in data["warnings"]] == warnings
