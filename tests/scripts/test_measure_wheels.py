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


def measure(
    cache: Path, *arguments: str | Path, exit_code: int = 0, environ: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "GPUENV_CACHE_DIR": str(cache),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": "",
            "PIP_EXTRA_INDEX_URL": "",
            "UV_NO_CONFIG": "1",
            "UV_CACHE_DIR": str(cache / "uv"),
            **(environ or {}),
        },
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


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    """A folder with one folder for each tag: for Linux on x86, and, without a label, on Arm."""
    code = {"torch/lib/libtorch_cuda.so": elf((".nv_fatbin", containers("sm_75 sm_120", times=30)))}
    arm = "cp312-cp312-linux_aarch64"
    root = tmp_path / "tags"
    make_wheel(root / "cu130", "torch", "2.15.0+cu130", tags=TAGS, files=code)
    make_wheel(root / "cu132", "torch", "2.15.0+cu132", tags=TAGS, files=code)
    make_wheel(root / "cu132" / "torch", "torch", "2.15.0+cu132", tags=TAGS, files=code)
    make_wheel(root / "cu124", "torch", "2.5.1", tags=arm, files=code)
    return root


def test_a_url_with_an_escaped_label_is_of_the_build_that_the_label_names(tmp_path: Path, builds: Path) -> None:
    with IndexServer() as server:
        server.add(builds / "cu130" / f"torch-2.15.0+cu130-{TAGS}.whl", "cu130")
        (row,) = measure(tmp_path / "cache", f"{server.pytorch_url}/cu130/torch-2.15.0%2Bcu130-{TAGS}.whl")
    assert (row["version"], row["filename"], row["sass"]) == (
        "2.15.0+cu130",
        f"torch-2.15.0+cu130-{TAGS}.whl",
        ["75", "120"],
    )


@pytest.mark.parametrize("place", ["folder", "file-url", "tag", "page"])
def test_any_place_of_wheels_is_measured(place: str, tmp_path: Path, builds: Path) -> None:
    with IndexServer() as server:
        for tag in ("cu130", "cu132"):
            server.add(builds / tag / f"torch-2.15.0+{tag}-{TAGS}.whl", tag)
        pages = tmp_path / "torch.html"
        pages.write_text(f'<a href="{server.flat_url}files/torch-2.15.0%2Bcu130-{TAGS}.whl">one</a>', encoding="utf-8")
        where = {
            "folder": (str(builds), [("2.15.0+cu130", "cu130"), ("2.15.0+cu132", "cu132")]),
            "file-url": (builds.as_uri(), [("2.15.0+cu130", "cu130"), ("2.15.0+cu132", "cu132")]),
            "tag": (f"{server.pytorch_url}/cu130", [("2.15.0+cu130", "cu130")]),
            "page": (str(pages), [("2.15.0+cu130", None)]),
        }
        rows = measure(tmp_path / "cache", "--project", "torch", "--index", where[place][0])
    assert [(row["version"], row.get("tag")) for row in rows] == where[place][1]


def test_a_build_without_a_label_is_of_the_tag_of_its_index(tmp_path: Path, builds: Path) -> None:
    options = ("--project", "torch", "--index", builds, "--platform", "linux-aarch64")
    (row,) = measure(tmp_path / "cache", *options)
    assert (row["version"], row["tag"], row["platform"]) == ("2.5.1", "cu124", "linux-aarch64")


def test_an_index_that_cannot_be_read_is_told_in_one_line(tmp_path: Path) -> None:
    with IndexServer() as server:
        server.fail("/whl/", Fault(status=401))
        rows = measure(tmp_path / "cache", "--project", "torch", "--index", f"{server.pytorch_url}/cu130", exit_code=1)
    assert rows == []


def test_what_the_default_index_has_for_arm_is_found_whatever_glibc_it_asks_for(tmp_path: Path) -> None:
    library = {"onnxruntime/capi/libonnxruntime_providers_cuda.so": elf((".nv_fatbin", containers("sm_120", times=30)))}
    with IndexServer() as server:
        for glibc, version in (("2_34", "1.31.1"), ("2_28", "1.16.3")):
            tags = f"cp312-cp312-manylinux_{glibc}_aarch64"
            server.add(make_wheel(tmp_path, "onnxruntime_gpu", version, tags=tags, files=library), "pypi")
        options = ("--project", "onnxruntime-gpu", "--platform", "linux-aarch64")
        rows = measure(tmp_path / "cache", *options, environ={"PIP_INDEX_URL": server.simple_url})
    assert [(row["version"], row["platform"], row["sass"]) for row in rows] == [
        ("1.31.1", "linux-aarch64", ["120"]),
        ("1.16.3", "linux-aarch64", ["120"]),
    ]
