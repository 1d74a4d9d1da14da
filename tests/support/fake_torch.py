"""Makes venvs whose `torch` is one of the stand-ins of `tests/data/verify`, each of which reproduces one failure."""

from __future__ import annotations

import json
import os
import shutil
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.torch_environment import python_of

if TYPE_CHECKING:
    from collections.abc import Mapping

STAND_INS: Final = Path(__file__).parent.parent / "data" / "verify"


def make_environment(root: Path, stand_in: str | None) -> Path:
    """Make a venv with that stand-in, or with nothing, and return its interpreter."""
    venv.EnvBuilder(symlinks=os.name == "posix", with_pip=False).create(root)
    if stand_in is not None:
        shutil.copytree(STAND_INS / stand_in, site_packages_of(root), dirs_exist_ok=True)
    return python_of(root)


def make_pretended_gpu(root: Path, torch_environment: Path, faults: Mapping[str, object]) -> Path:
    """Make a venv whose torch is the real CPU torch with a pretended CUDA device that has these faults."""
    python = make_environment(root, "pretend_cuda")
    site_packages = site_packages_of(root)
    (site_packages / "real").write_text(str(site_packages_of(torch_environment)), encoding="utf-8")
    (site_packages / "faults.json").write_text(json.dumps(faults), encoding="utf-8")
    return python


def add_distribution(root: Path, name: str, version: str) -> None:
    """Let an environment state a distribution, as its installer would have."""
    folder = site_packages_of(root) / f"{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (folder / "RECORD").write_text("", encoding="utf-8")
    (folder / "INSTALLER").write_text("uv\n", encoding="utf-8")


def site_packages_of(root: Path) -> Path:
    """The folder of a venv's packages."""
    return next(root.glob("lib/python*/site-packages"), root / "Lib" / "site-packages")
