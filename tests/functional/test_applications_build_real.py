"""`install app:gaussian-splatting` with a real torch of CUDA 13: its extensions are compiled within the same change.

Their repositories are stand-ins with the same build system, put in their place by git's own `url.*.insteadOf`.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from support.application_states import make_state
from support.command import gpuenv
from support.extension_sources import commit
from support.small_environments import picture, versions

SOURCES = Path(__file__).parents[1] / "data" / "build"
NAMES = ("diff-gaussian-rasterization", "simple-knn")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.network,
    pytest.mark.skipif(sys.platform != "linux", reason="the torch of the registry is a CUDA build on Linux"),
    pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler here"),
    pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here"),
]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine without nvcc on its path, whose git has the repositories in a folder with `research` in its name."""
    place = tmp_path / "research"
    for name in NAMES:
        commit(shutil.copytree(SOURCES / name, place / name))
    config = tmp_path / "gitconfig"
    config.write_text(
        f'[url "{place.as_uri()}/"]\n\tinsteadOf = https://github.com/graphdeco-inria/\n'
        "\tinsteadOf = https://gitlab.inria.fr/bkerbl/\n",
        encoding="utf-8",
    )
    return {
        "GIT_CONFIG_GLOBAL": str(config),
        "CUDA_HOME": "",
        "CUDA_PATH": "",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin", "/bin")),
        "GPUENV_CACHE_DIR": str(tmp_path / "cache"),
    }


def test_both_extensions_are_built_proven_and_undone_with_everything_else(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    root = make_state(tmp_path / "env", "gaussian-splatting", tmp_path / "wheels")
    before = picture(root)
    asked = (
        *("install", "app:gaussian-splatting", "--target", "rtx-5090", "--driver", "580.95.05"),
        *("--indexes", "pypi", "--venv", "env", "--yes", "--json"),
    )
    ran = gpuenv(*asked, cwd=tmp_path, environ=environ)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    built = ran.envelope["data"]["built"]
    assert [(one["project"], one["sass"], one["origin"]) for one in built] == [
        (name, ["sm_120"], "built") for name in NAMES
    ]
    assert set(versions(root)) >= {"torch", *NAMES}

    again = gpuenv(*asked, cwd=tmp_path, environ=environ)
    assert (again.exit_code, again.envelope["data"]["changed"]) == (0, False)

    looked = gpuenv("inspect", "--target", "rtx-5090", "--venv", "env", "--json", cwd=tmp_path, environ=environ)
    assert looked.exit_code == 0, looked.stdout
    sass = {
        file["distribution"]: file["sass"] for file in looked.envelope["data"]["files"] if file["distribution"] in NAMES
    }
    assert sass == {name: ["sm_120"] for name in NAMES}

    assert gpuenv("undo", "--venv", "env", cwd=tmp_path, environ=environ).exit_code == 0
    assert picture(root) == before
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
