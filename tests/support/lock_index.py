"""A loopback index with small builds of torch for every kind of card, for two platforms and two Pythons.

    with lock_index(tmp_path / "wheels") as server:
        environ = user_of(server, tmp_path)   # a user whose default index is the server's, and nothing else

torch 2.14.1 serves Maxwell to Hopper (cu126), 2.15.0 Turing to Blackwell (cu130, cu132) and the CPU, by the matrix.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from support.index_server import IndexServer
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYTHONS: Final = ("3.11", "3.13")
SYSTEMS: Final = ("manylinux_2_28_x86_64", "win_amd64")
BUILDS: Final = (("cu126", "2.14.1+cu126"), ("cu130", "2.15.0+cu130"), ("cu132", "2.15.0+cu132"), ("cpu", "2.15.0+cpu"))


@contextmanager
def lock_index(folder: Path) -> Iterator[IndexServer]:
    """Serve the wheels; they are made in `folder`."""
    with IndexServer() as server:
        for python in PYTHONS:
            tag = f"cp{python.replace('.', '')}"
            for system in SYSTEMS:
                for index, version in BUILDS:
                    requires = ("sympy>=1.13", "colorama; sys_platform == 'win32'")
                    server.add(
                        make_wheel(folder, "torch", version, tags=f"{tag}-{tag}-{system}", requires=requires), index
                    )
        for version in ("1.13.0", "1.14.0"):
            server.add(make_wheel(folder, "sympy", version), "pypi")
        server.add(make_wheel(folder, "colorama", "0.4.6"), "pypi")
        server.add(make_wheel(folder, "docreader", "1.7.2", requires=("torch",)), "pypi")
        yield server


def user_of(server: IndexServer, home: Path) -> dict[str, str]:
    """Make the variables of a user whose default index is the server's, with nothing else configured."""
    return {
        "HOME": str(home),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": server.simple_url,
        "PIP_FIND_LINKS": "",
        "PIP_EXTRA_INDEX_URL": "",
        "XDG_CONFIG_HOME": str(home),
        "UV_CACHE_DIR": str(home / "uv-cache"),
        "GPUENV_CACHE_DIR": str(home / "gpuenv-cache"),
        "GPUENV_DATA_DIR": str(home / "gpuenv-data"),
        "UV_NO_CONFIG": "1",
    }
