"""`scripts/measure_wheels.py` over a folder, a loopback index, and URLs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.fatbin import containers, elf
from support.index_server import Fault, IndexServer
from support.wheels import make_wheel, sha256_of

SCRIPT = Path(__file__).parents[2] / "scripts" / "measure_wheels.py"
TAGS = "cp312-cp312-manylinux_2_28_x86_64"


def measure(cache: Path, *arguments: str | Path, exit_code: int = 0) -> list[dict[str, Any]]:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "GPUENV_CACHE_DIR": str(cache)},
    )
    assert ran.returncode == exit_code, ran.stderr
    assert "Traceback" not in ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    code = containers("sm_75 sm_120", times=9) + containers("sm_75 sm_90a sm_120 compute_120")
    files = {"torch/lib/libtorch_cuda.so": elf((".nv_fatbin", code)), "torch/lib/libother_cuda.so": b"\x7fELF"}
    return make_wheel(tmp_path / "wheels", "torch", "2.16.0", tags=TAGS, files=files)


def test_a_wheel_on_disk_gives_a_row_with_its_hash(tmp_path: Path, wheel: Path) -> None:
    (row,) = measure(tmp_path / "cache", wheel)
    assert {name: value for name, value in row.items() if name != "measured"} == {
        "project": "torch",
        "version": "2.16.0",
        "platform": "linux-x86_64",
        "filename": wheel.name,
        "sha256": sha256_of(wheel),
        "sass": ["75", "120"],
        "ptx": [],
        "extra_sass": ["90a"],
        "extra_ptx": ["120"],
        "containers": 10,
        "libraries": ["torch/lib/libtorch_cuda.so"],
        "evidence": "binary",
        "size": wheel.stat().st_size,
        "bytes_fetched": None,
    }


def test_an_index_is_measured_by_ranges_once(tmp_path: Path, wheel: Path) -> None:
    old = make_wheel(tmp_path / "wheels", "torch", "1.13.0", tags=TAGS)
    cpu = make_wheel(tmp_path / "wheels", "torch", "2.1.0", tags="cp311-cp311-win_amd64")
    with IndexServer() as server:
        for path in (wheel, old, cpu):
            server.add(path, "cu132")
        arguments = ("--project", "torch", "--index", f"{server.pytorch_url}/cu132", "--platform")
        first = measure(tmp_path / "cache", *arguments, "linux-x86_64")
        asked = len(server.log)
        again = measure(tmp_path / "cache", *arguments, "linux-x86_64")
        assert [request.path for request in server.log[asked:]] == ["/whl/cu132/torch/"]
        (windows,) = measure(tmp_path / "cache", *arguments, "windows-x86_64")
    assert [(row["version"], row["sass"], row["sha256"]) for row in first] == [
        ("2.16.0", ["75", "120"], sha256_of(wheel))
    ]
    assert again == first
    assert (windows["version"], windows["sass"], windows["libraries"]) == ("2.1.0", [], [])


def test_a_wheel_that_cannot_be_read_is_told_and_the_next_one_follows(tmp_path: Path, wheel: Path) -> None:
    with IndexServer() as server:
        server.add(wheel, "cu132")
        server.fail("/whl/cu132/torch-2.15", Fault(status=404))
        urls = [f"{server.pytorch_url}/cu132/{name}" for name in (f"torch-2.15.0-{TAGS}.whl", wheel.name)]
        rows = measure(tmp_path / "cache", *urls, exit_code=1)
    assert [row["version"] for row in rows] == ["2.16.0"]
