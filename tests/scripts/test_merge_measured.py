"""`scripts/merge_measured.py`: measured wheels become rows, the binary wins, and a dispute is kept."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.validate import validate_folder

if TYPE_CHECKING:
    from gpuenv.models.matrix import TorchBuild

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "data" / "matrix" / "small"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "matrix"))


def row(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a JSON line
    return {
        "project": "torch",
        "version": "2.9.1+cu129",
        "platform": "linux-x86_64",
        "filename": "torch-2.9.1+cu129-cp312-cp312-manylinux_2_28_x86_64.whl",
        "sha256": "5a" * 32,
        "sass": ["75", "120"],
        "ptx": [],
        "extra_sass": [],
        "extra_ptx": [],
        "containers": 400,
        "libraries": ["torch/lib/libtorch_cuda.so"],
        "evidence": "binary",
        "measured": "2026-12-05",
        **changes,
    }


def merge(folder: Path, *rows: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    lines = folder.parent / "measured.jsonl"
    lines.write_text("".join(f"{json.dumps(one)}\n" for one in rows), encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "merge_measured.py"), str(folder), str(lines)],
        capture_output=True,
        text=True,
        check=False,
    )


def build(folder: Path, tag: str) -> TorchBuild:
    (found,) = [build for build in load_matrix(str(folder), cwd=folder).torch if build.tag == tag]
    return found


def told(found: TorchBuild) -> tuple[str, str, str, str | None]:
    codes = [" ".join(str(code) for code in sorted(codes)) for codes in (found.sass, found.ptx)]
    return codes[0], codes[1], found.provenance.evidence.value, found.disputed


def test_a_measured_build_has_the_wheel_and_its_hash_as_first_source(folder: Path) -> None:
    assert merge(folder, row(extra_sass=["90a"])).returncode == 0
    found = build(folder, "cu129")
    assert told(found) == ("75 120", "", "binary", "sass 75, ptx none")
    assert found.provenance.verified == "2026-12-05"
    assert found.provenance.source == (
        f"torch-2.9.1+cu129-cp312-cp312-manylinux_2_28_x86_64.whl sha256 {'5a' * 32}: 400 fatbins of libtorch_cuda.so,"
        " in a few also 90a (scripts/measure_wheels.py, 2026-12-05); a listing"
    )
    assert validate_folder(folder) == ()


def test_where_the_wheel_holds_something_else_it_wins_and_the_dispute_is_kept(folder: Path) -> None:
    pypi = row(version="2.9.1", filename="torch-2.9.1-cp311.whl", sass=["75", "90a"], ptx=["90"])
    assert merge(folder, pypi).returncode == 0
    assert told(build(folder, "cu128")) == ("75 90a", "90", "binary", "sass 75 90a 120, ptx 120")


def test_a_partial_read_never_takes_the_place_of_a_whole_one(folder: Path) -> None:
    before = build(folder, "cu128")
    part = row(version="2.9.1", filename="torch-2.9.1-cp311.whl", sass=["75"], evidence="binary-partial")
    assert merge(folder, part).returncode == 0
    assert build(folder, "cu128") == before
    whole = row(version="2.9.1", filename="torch-2.9.1-cp311.whl", sass=["90a"])
    merge(folder, whole, part)
    assert told(build(folder, "cu128"))[0] == "90a"


def test_merging_again_changes_nothing(folder: Path) -> None:
    rows = (row(), row(version="2.9.1", filename="torch-2.9.1-cp311.whl", sass=["75"]))
    merge(folder, *rows)
    once = (folder / "torch.toml").read_text(encoding="utf-8")
    merge(folder, *rows)
    assert (folder / "torch.toml").read_text(encoding="utf-8") == once


def test_a_wheel_that_no_row_is_for_is_told_and_a_cpu_wheel_is_passed_over(folder: Path) -> None:
    cpu = row(version="2.9.1", sass=[], libraries=[], platform="windows-x86_64")
    done = merge(folder, row(version="2.16.0+cu130"), cpu)
    assert done.returncode == 1
    assert done.stderr == "torch.toml has no row for 2.16.0 cu130 linux-x86_64\n"


def test_onnxruntime_rows_are_merged_by_version_and_platform(folder: Path) -> None:
    ort = row(
        project="onnxruntime-gpu",
        version="1.22.0",
        filename="onnxruntime_gpu-1.22.0-cp312.whl",
        sass=["75", "90"],
        ptx=["90"],
        libraries=["onnxruntime/capi/libonnxruntime_providers_cuda.so"],
    )
    assert merge(folder, ort).returncode == 0
    (found,) = load_matrix(str(folder), cwd=folder).onnxruntime
    assert (found.provenance.evidence.value, found.disputed) == ("binary", None)
    assert found.provenance.source.startswith("onnxruntime_gpu-1.22.0-cp312.whl sha256 ")


def test_a_build_without_a_label_is_merged_by_the_tag_of_the_index_that_listed_it(folder: Path) -> None:
    """Not as PyPI's build of that platform, which is another one."""
    torch = folder / "torch.toml"
    text = torch.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if 'tag = "cu129"' in line)
    torch.write_text(text.replace(line, line.replace('tag = "cu129",', 'tag = "cu129", local = "",')), encoding="utf-8")
    assert merge(folder, row(version="2.9.1", tag="cu129", sass=["90"])).returncode == 0
    assert told(build(folder, "cu129"))[0] == "90"
    assert told(build(folder, "cu128"))[0] == "75 90a 120"


def test_a_wheel_without_a_library_for_gpus_is_evidence_for_the_cpu_build(folder: Path) -> None:
    name = "torch-2.9.1+cpu-cp312-cp312-manylinux_2_28_aarch64.whl"
    cpu = row(version="2.9.1+cpu", sass=[], libraries=[], containers=0, platform="linux-aarch64", filename=name)
    assert merge(folder, cpu).returncode == 0
    found = build(folder, "cpu")
    assert told(found) == ("", "", "binary", None)
    assert found.provenance.source.startswith(f"{name} sha256 {'5a' * 32}: no library for GPUs in it ")
    assert validate_folder(folder) == ()


def test_a_gpu_build_is_never_taken_for_a_wheel_without_code(folder: Path) -> None:
    before = build(folder, "cu128")
    merge(folder, row(version="2.9.1", sass=[], libraries=[], containers=0))
    assert build(folder, "cu128") == before
