"""What the tests of this room share: the variables that uv is run with, an index, and an environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support.index_server import IndexServer
from support.small_environments import make_venv
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The developer's own configuration of uv and pip stays out; one cache for all tests."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(tmp_path_factory.mktemp("home")),
        "UV_CACHE_DIR": str(tmp_path_factory.mktemp("uv-cache")),
        "UV_HTTP_RETRIES": "0",
        "PIP_RETRIES": "0",
        "PIP_CACHE_DIR": str(tmp_path_factory.mktemp("pip-cache")),
        "UV_PYTHON_DOWNLOADS": "never",
    }


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheels")


@pytest.fixture
def server(wheels: Path) -> Iterator[IndexServer]:
    """An index with a small torch family: `cu126` and `cu130` on PyTorch's side, plain builds on the default one."""
    with IndexServer() as running:
        script = {"torch-2.0.dist-info/entry_points.txt": "[console_scripts]\ntorchrun = torch:main\n"}
        running.add(make_wheel(wheels, "torch", "2.0+cu126", requires=("dep>=1",)), "cu126")
        running.add(make_wheel(wheels, "torch", "2.0+cu130", requires=("dep>=2",)), "cu130")
        body = {"torch/__init__.py": "__version__ = '2.0'\n", "torch/only_here.py": "", **script}
        running.add(make_wheel(wheels, "torch", "2.0", requires=("dep>=1",), files=body), "pypi")
        for version in ("1.0", "2.0"):
            running.add(make_wheel(wheels, "dep", version), "pypi")
        running.add(make_wheel(wheels, "other", "1.0", requires=("torch",)), "pypi")
        yield running


@pytest.fixture
def root(tmp_path: Path, environ: Mapping[str, str]) -> Path:
    """An environment that is empty."""
    return make_venv(tmp_path / "env", environ)
