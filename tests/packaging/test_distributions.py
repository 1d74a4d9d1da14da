"""The wheel and the source archive: what is in them, and that the wheel works where nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from gpuenv import __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    return folder


def test_the_wheel_holds_every_module_and_every_matrix(built: Path) -> None:
    with zipfile.ZipFile(built / f"gpuenv-{__version__}-py3-none-any.whl") as archive:
        packed = {name for name in archive.namelist() if not name.startswith("gpuenv-")}
        entry_points = archive.read(f"gpuenv-{__version__}.dist-info/entry_points.txt").decode()
    source = {path.relative_to(ROOT / "src").as_posix() for path in _files(ROOT / "src" / "gpuenv")}
    matrices = {f"gpuenv/{path.relative_to(ROOT).as_posix()}" for path in _files(ROOT / "matrices")}
    assert packed == source | matrices
    assert "gpuenv/py.typed" in packed
    assert "gpuenv/matrices/2026.11/manifest.toml" in packed
    assert entry_points.split() == ["[console_scripts]", "gpuenv", "=", "gpuenv.__main__:main"]


def test_the_source_archive_holds_what_is_needed_to_build_and_test(built: Path) -> None:
    with tarfile.open(built / f"gpuenv-{__version__}.tar.gz") as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert packed >= {
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "matrices/2026.11/manifest.toml",
        "pyproject.toml",
        "scripts/bootstrap.ps1",
        "scripts/bootstrap.sh",
        "scripts/constraints.txt",
        "scripts/test.sh",
        "src/gpuenv/__main__.py",
        "tests/packaging/test_distributions.py",
    }
    assert {name for name in packed if name.startswith(".") or "__pycache__" in name} <= {".gitignore"}


@pytest.mark.network
def test_the_wheel_works_in_a_clean_environment(built: Path, tmp_path: Path) -> None:
    python = _clean_environment(tmp_path / "clean", built / f"gpuenv-{__version__}-py3-none-any.whl")
    script = python.parent / "gpuenv"
    assert _output(script, "--version", cwd=tmp_path) == f"gpuenv {__version__}\n"
    listed = json.loads(_output(script, "matrix", "list", "--json", cwd=tmp_path))
    assert (listed["status"], listed["exit_code"]) == ("ok", 0)
    assert "2026.11" in [matrix["version"] for matrix in listed["data"]["matrices"]]
    planned = json.loads(_output(script, "plan", "--offline", "--json", "--target", "rtx-5090", cwd=tmp_path))
    assert planned["data"]["matrix"] == "2026.11"


def _clean_environment(folder: Path, wheel: Path) -> Path:
    """Make an environment with the wheel and what it depends on, by pip as it is configured here."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", wheel],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_RETRIES": "1", "PIP_USER": "0"},
    )
    if done.returncode != 0 and "connection" in done.stderr.lower():
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return python


def _output(*argv: str | Path, cwd: Path) -> str:
    environ = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return subprocess.run(argv, cwd=cwd, check=True, capture_output=True, text=True, env=environ).stdout


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
