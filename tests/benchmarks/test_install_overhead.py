"""What `gpuenv install` costs beside a bare `uv pip install` of the same pins: both as whole commands, both warm.

Limits: 5 % and 0.5 s more than uv; with nothing to do, 1 s.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from support.index_server import IndexServer
from support.small_environments import make_venv, python_of, versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the wheels are made for Linux"),
]

MOST_SECONDS_MORE = 0.5
MOST_SHARE_MORE = 0.05
MOST_SECONDS_FOR_NOTHING = 1.0
TIMES = 12
FILES_OF_TORCH, LIBRARIES, FILES_OF_A_LIBRARY = 13_000, 28, 250
"""About what torch 2.15.0 with its libraries has: 20,000 files in 29 packages."""

TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
WHEEL_TAGS = f"{TAG}-{TAG}-manylinux_2_28_x86_64"
GPU = ("--target", "rtx-5090", "--driver", "580.95.05")


def best(before: Callable[[], object], *works: Callable[[], object]) -> list[float]:
    """Time each work on fresh ground, in turns: the best of several, for other work on the machine only adds."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(TIMES):
        for work, taken in zip(works, seconds, strict=True):
            before()
            begun = time.perf_counter()
            work()
            taken.append(time.perf_counter() - begun)
    return [min(taken) for taken in seconds]


def fill(server: IndexServer, folder: Path) -> list[str]:
    """Make the wheels; gives the pins."""
    libraries = [f"library-{number}" for number in range(LIBRARIES)]
    content = {f"torch/part{number % 90}/file{number}.py": f"x = {number}\n" for number in range(FILES_OF_TORCH)}
    server.add(
        make_wheel(
            folder,
            "torch",
            "2.15.0+cu130",
            tags=WHEEL_TAGS,
            requires=tuple(f"{name}==1.0" for name in libraries),
            files={"torch/__init__.py": "", **content},
        ),
        "cu130",
    )
    for name in libraries:
        module = name.replace("-", "_")
        files = {f"{module}/file{number}.py": f"x = {number}\n" for number in range(FILES_OF_A_LIBRARY)}
        server.add(make_wheel(folder, name, "1.0", files={f"{module}/__init__.py": "", **files}), "pypi")
    return ["torch==2.15.0+cu130", *(f"{name}==1.0" for name in libraries)]


def test_the_overhead_over_a_bare_install_of_the_same_pins(tmp_path: Path) -> None:
    with IndexServer(speaks_json=True) as server:
        pins = fill(server, tmp_path / "wheels")
        environ: Mapping[str, str] = {
            **{name: found for name, found in os.environ.items() if not name.startswith(("PIP_", "UV_", "PYTHON"))},
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": server.simple_url,
            "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
            "GPUENV_CACHE_DIR": str(tmp_path / "cache"),
            "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode"),
        }
        root, template = tmp_path / "env", make_venv(tmp_path / "template", environ)

        def run(*argv: str) -> None:
            subprocess.run(argv, check=True, env=dict(environ), cwd=tmp_path, stdout=subprocess.DEVNULL)

        def fresh() -> None:
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(template, root, symlinks=True)

        def ours() -> None:
            run(
                *(sys.executable, "-m", "gpuenv", "install", "torch", *GPU, "--venv", "env", "-q"),
                *("--indexes", server.pytorch_url),
            )

        def bare() -> None:
            run(
                *(find_uv_bin(), "pip", "install"),
                *("-q", "--python", str(python_of(root)), "--default-index", server.simple_url),
                *("--index", f"{server.pytorch_url}/cu130", "--index-strategy", "unsafe-best-match", *pins),
            )

        fresh()
        ours()
        assert versions(root)["torch"] == "2.15.0+cu130"
        theirs_s, ours_s = best(fresh, bare, ours)
        (nothing_s,) = best(lambda: None, ours)
        most_s = theirs_s * (1 + MOST_SHARE_MORE) + MOST_SECONDS_MORE
        print(  # noqa: T201
            f"uv pip install {theirs_s:.3f} s; gpuenv install {ours_s:.3f} s, {ours_s / theirs_s:.2f} times; "
            f"limit {most_s:.3f} s; with nothing to do {nothing_s:.3f} s; limit {MOST_SECONDS_FOR_NOTHING:.3f} s"
        )
        assert ours_s <= most_s
        assert nothing_s < MOST_SECONDS_FOR_NOTHING
