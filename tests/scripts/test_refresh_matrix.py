"""`scripts/refresh_matrix.py` against an index on loopback: what appeared, what vanished, what needs measuring."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.validate import validate_folder
from support.fatbin import containers, elf
from support.index_server import Fault, IndexServer
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "data" / "matrix" / "small"
TAGS = "cp312-cp312-manylinux_2_28_x86_64"


def script(
    name: str, *arguments: str, cwd: Path, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / name), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "GPUENV_CACHE_DIR": str(cwd / "cache"), **(environ or {})},
    )


def refresh(server: IndexServer, folder: Path) -> subprocess.CompletedProcess[str]:
    base = ("--no-pypi", "--matrix", str(SMALL), "--version", "2026.13", "--into", str(folder))
    return script("refresh_matrix.py", "--index", server.pytorch_url, *base, cwd=folder)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    """Offer what the small matrix has for cu128, a newer patch of it, and a new release; nothing of cu129."""
    library = {"torch/lib/libtorch_cuda.so": elf((".nv_fatbin", containers("sm_75 sm_120", times=30)))}
    with IndexServer() as running:
        for version in ("2.9.1+cu128", "2.16.0+cu128"):
            running.add(make_wheel(tmp_path, "torch", version, tags=TAGS, files=library), "cu128")
        running.add(make_wheel(tmp_path, "torch", "2.9.1+cu128", tags="cp312-cp312-win_amd64"), "cu128")
        running.add(make_wheel(tmp_path, "torch", "2.9.1", tags="cp312-cp312-manylinux_2_28_aarch64"), "cpu")
        yield running


def test_the_proposal_tells_what_appeared_what_vanished_and_what_to_measure(
    server: IndexServer, tmp_path: Path
) -> None:
    done = refresh(server, tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "2026.13" / "proposal.md").read_text(encoding="utf-8")
    sections = {part.splitlines()[0]: part.splitlines()[2:] for part in text.split("\n## ")[1:]}
    assert sections["Appeared: 2"][:2] == ["- 2.9.1+cu128 windows-x86_64", "- 2.16.0+cu128 linux-x86_64"]
    assert sections["Vanished: 1"][:1] == ["- 2.9.1+cu129 linux-x86_64"]
    assert any("--version 2.16.0+cu128" in line for line in sections["Needs measuring: 2"])


def test_the_proposed_rows_complain_until_they_are_measured_and_merged(server: IndexServer, tmp_path: Path) -> None:
    refresh(server, tmp_path)
    folder = tmp_path / "2026.13"
    problems = [notice.context["row"] for notice in validate_folder(folder) if notice.context["problem"] == "no-code"]
    assert problems == ["2.9.1+cu128 windows-x86_64", "2.16.0+cu128 linux-x86_64"]
    which = ("--project", "torch", "--index", f"{server.pytorch_url}/cu128", "--version", "2.16.0+cu128")
    measured = script("measure_wheels.py", *which, cwd=tmp_path)
    assert measured.returncode == 0, measured.stderr
    assert json.loads(measured.stdout)["sass"] == ["75", "120"]
    (tmp_path / "measured.jsonl").write_text(measured.stdout, encoding="utf-8")
    merged = script("merge_measured.py", str(folder), "measured.jsonl", cwd=tmp_path)
    assert merged.returncode == 0, merged.stderr
    (build,) = [found for found in load_matrix(str(folder), cwd=tmp_path).torch if found.label == "2.16.0+cu128"]
    assert (sorted(map(str, build.sass)), build.provenance.evidence.value, build.disputed) == (
        ["120", "75"],
        "binary",
        None,
    )


def test_an_index_that_cannot_be_read_is_told_and_nothing_counts_as_vanished(
    server: IndexServer, tmp_path: Path
) -> None:
    server.fail("/whl/", Fault(status=401))
    done = refresh(server, tmp_path)
    assert done.returncode == 0
    assert "Vanished: 0" in done.stdout
    assert "cu128: index-needs-credentials" in done.stdout
    assert not (tmp_path / "2026.13").exists()


def test_a_folder_that_is_there_is_left_alone(server: IndexServer, tmp_path: Path) -> None:
    (tmp_path / "2026.13").mkdir()
    done = refresh(server, tmp_path)
    assert done.returncode == 1
    assert list((tmp_path / "2026.13").iterdir()) == []


def test_the_default_index_is_compared_by_platform_as_pip_is_configured(tmp_path: Path) -> None:
    with IndexServer() as server:
        for version in ("1.22.0", "1.99.0"):
            server.add(make_wheel(tmp_path, "onnxruntime_gpu", version, tags=TAGS), "pypi")
        server.add(make_wheel(tmp_path, "torch", "2.9.0", tags=TAGS), "pypi")
        base = ("--matrix", str(SMALL), "--version", "2026.13", "--into", str(tmp_path))
        done = script(
            "refresh_matrix.py",
            *("--index", str(tmp_path / "no-such-folder"), *base),
            cwd=tmp_path,
            environ={
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_INDEX_URL": server.simple_url,
                "PIP_FIND_LINKS": "",
                "PIP_EXTRA_INDEX_URL": "",
            },
        )
    assert done.returncode == 0, done.stderr
    parts = {part.splitlines()[0]: part.splitlines()[2:] for part in done.stdout.split("\n## ")[1:]}
    assert parts["Appeared on the default index: 1"] == ["- onnxruntime-gpu 1.99.0 linux-x86_64"]
    assert parts["Vanished from the default index: 1"] == ["- torch 2.9.1 linux-x86_64"]
    assert parts["Needs measuring: 1"] == [
        "- scripts/measure_wheels.py --project onnxruntime-gpu --platform linux-x86_64 --version 1.99.0 --full"
    ]
    assert any(
        line == "- torch windows-x86_64" for name, lines in parts.items() if "not be read" in name for line in lines
    )
    assert (tmp_path / "2026.13" / "proposal.md").is_file()
