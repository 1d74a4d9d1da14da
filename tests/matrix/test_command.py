"""`gpuenv matrix` as a user calls it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SMALL = Path(__file__).parent.parent / "data" / "matrix" / "small"


def gpuenv(*arguments: str, cwd: Path | None = None, language: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gpuenv", "matrix", *arguments],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "GPUENV_LANG": language, "PYTHONIOENCODING": "utf-8"},
    )


def data_of(*arguments: str) -> dict[str, Any]:
    done = gpuenv(*arguments, "--json")
    envelope: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, envelope["status"], envelope["errors"]) == (0, "ok", [])
    data: dict[str, Any] = envelope["data"]
    return data


def test_list_shows_version_date_and_folder() -> None:
    done = gpuenv("list")
    heading, *rows = done.stdout.splitlines()
    assert heading.split() == ["matrix", "released", "folder"]
    assert [row.split()[:2] for row in rows if row.startswith("2026.11 ")] == [["2026.11", "2026-11-21"]]


def test_show_has_one_line_per_capability_that_is_never_cut_short() -> None:
    done = gpuenv("show", "--matrix", "2026.11")
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.startswith("sm_")}
    assert " ".join(lines["sm_61"]) == ("sm_61 Pascal 8.0..12.9 2.0.0 2.14.1 ..580 1.16.0..1.26.0 ..9.10.2 cu126")
    assert lines["sm_90"][-2:] == ["cu132", "cu130"]
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_show_of_a_torch_release_tells_what_goes_with_it() -> None:
    done = gpuenv("show", "--matrix", "2026.11", "--torch", "2.12.1")
    assert done.stdout.splitlines()[-1] == (
        "torch 2.12.1: torchvision 0.27.1; torchaudio -; Triton ==3.7.1; NCCL 2.29.3 (cu126), 2.30.7 (cu129),"
        " 2.29.7 (cu130 cu132); headers ask for C++ 17"
    )


def test_show_of_an_architecture_is_a_grid_of_releases_by_tag() -> None:
    done = gpuenv("show", "--matrix", "2026.11", "--arch", "sm_70")
    grid = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line[:2] == "2."}
    assert grid["2.10.0"] == ["sm_70", "sm_70*", "sm_70~", "-"]
    assert grid["2.11.0"] == ["sm_70", "-", "-~", "-*"]
    assert grid["2.15.0"] == ["-", "-*"]


def test_show_of_an_architecture_as_json_lists_the_builds_that_serve_it_and_where() -> None:
    data = data_of("show", "--matrix", "2026.11", "--arch", "12.1", "--platform", "linux-aarch64")
    assert (data["matrix"], data["platform"], data["architecture"]["capability"]) == (
        "2026.11",
        "linux-aarch64",
        "12.1",
    )
    assert data["architecture"]["tags"][0] == {
        "tag": "cu128",
        "first_torch": "2.7.0",
        "last_torch": "2.11.0",
        "index_url": "https://download.pytorch.org/whl/cu128",
    }
    newest = data["builds"][-1]
    assert (newest["version"], newest["tag"], newest["via"], newest["on_pypi"]) == ("2.15.0", "cu132", "sm_120", True)


def test_show_of_a_release_as_json_has_every_fact_of_a_build() -> None:
    data = data_of("show", "--matrix", str(SMALL), "--torch", "2.9")
    assert data == {
        "matrix": "2026.12",
        "released": "2026-12-01",
        "builds": [
            {
                "version": "2.9.1",
                "tag": "cpu",
                "platform": "linux-aarch64",
                "local": "2.9.1",
                "sass": [],
                "ptx": [],
                "python": {"minimum": "3.10", "maximum": "3.14", "free_threaded": ["3.13t", "3.14t"]},
                "cudnn": None,
                "nccl": None,
                "triton": None,
                "cxx_standard": 17,
                "on_pytorch_index": True,
                "on_pypi": False,
                "official": True,
                "evidence": "report",
                "source": "a listing",
                "verified": "2026-12-01",
                "disputed": None,
            },
            {
                "version": "2.9.1",
                "tag": "cu128",
                "platform": "linux-x86_64",
                "local": "2.9.1+cu128",
                "sass": ["sm_75", "sm_90a", "sm_120"],
                "ptx": ["compute_120"],
                "python": {"minimum": "3.10", "maximum": "3.14", "free_threaded": ["3.13t", "3.14t"]},
                "cudnn": "9.10.2.21",
                "nccl": "2.27.5",
                "triton": "==3.5.1",
                "cxx_standard": 17,
                "on_pytorch_index": True,
                "on_pypi": True,
                "official": True,
                "evidence": "binary",
                "source": "torch-2.9.1-cp311; a listing",
                "verified": "2026-12-01",
                "disputed": None,
            },
            {
                "version": "2.9.1",
                "tag": "cu129",
                "platform": "linux-x86_64",
                "local": "2.9.1+cu129",
                "sass": ["sm_75", "sm_120"],
                "ptx": None,
                "python": {"minimum": "3.11", "maximum": "3.12", "free_threaded": []},
                "cudnn": None,
                "nccl": None,
                "triton": "==3.5.1",
                "cxx_standard": 17,
                "on_pytorch_index": True,
                "on_pypi": False,
                "official": False,
                "evidence": "build-script",
                "source": "a listing",
                "verified": "2026-12-02",
                "disputed": "sass 75, ptx none",
            },
        ],
    }


def test_show_of_a_patch_release_leaves_the_others_out() -> None:
    data = data_of("show", "--matrix", "2026.11", "--torch", "2.14.1", "--platform", "windows-x86_64")
    assert [(build["version"], build["tag"]) for build in data["builds"]] == [
        ("2.14.1", "cpu"),
        ("2.14.1", "cu126"),
        ("2.14.1", "cu130"),
        ("2.14.1", "cu132"),
    ]


def test_chinese_headings_are_shown_where_they_are_wanted() -> None:
    done = gpuenv("list", language="zh_CN.UTF-8")
    assert done.stdout.split()[:3] == ["矩阵", "发布日期", "文件夹"]


def test_validate_counts_the_rows_by_evidence(tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / "ours")
    done = gpuenv("validate", "ours", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{tmp_path / 'ours'}: matrix 2026.12 is sound, 19 rows"
        " (binary 2, binary-partial 4, build-script 1, release-notes 11, report 1)\n"
    )


def test_validate_of_a_changed_matrix_ends_with_1_and_names_the_file(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SMALL, tmp_path / "ours"))
    (folder / "stray.toml").write_text("", encoding="utf-8")
    done = gpuenv("validate", str(folder), "--json")
    envelope = json.loads(done.stdout)
    assert (done.returncode, envelope["status"], envelope["data"]["valid"]) == (1, "failed", False)
    assert envelope["errors"] == [
        {
            "code": "matrix-file-unlisted",
            "message": f"the manifest does not list {folder / 'stray.toml'}",
            "hints": [],
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "hints"),
    [
        (("show", "--arch", "sm_999"), "unknown-architecture", ["gpuenv matrix show --json"]),
        (("show", "--arch", "volta"), "unknown-architecture", ["gpuenv matrix show --json"]),
        (
            ("show", "--matrix", "2026.11", "--torch", "2.16"),
            "unknown-torch-release",
            ["gpuenv matrix show --matrix 2026.11 --torch 2.15.0 --json"],
        ),
        (("show", "--matrix", "2025.1"), "unknown-matrix", ["gpuenv matrix list"]),
        (("validate", "no-such-folder"), "unknown-matrix", ["gpuenv matrix list"]),
        (
            ("list", "--arch", "sm_90"),
            "option-misplaced",
            ["gpuenv matrix list --json", "gpuenv matrix --help"],
        ),
        (("show", "here"), "option-misplaced", ["gpuenv matrix show --json", "gpuenv matrix --help"]),
        (("validate", "here", "--matrix", "2026.11"), "options-clash", ["gpuenv matrix validate here --json"]),
        (("paint",), "choice-unknown", ["gpuenv matrix --help"]),
    ],
)
def test_a_call_that_cannot_be_understood_is_a_usage_error_with_a_hint(
    arguments: tuple[str, ...], code: str, hints: list[str], tmp_path: Path
) -> None:
    done = gpuenv(*arguments, "--json", cwd=tmp_path)
    (error,) = json.loads(done.stdout)["errors"]
    assert (done.returncode, error["code"], error["hints"]) == (2, code, hints)
    assert done.stderr == ""


def test_a_broken_matrix_is_named_with_file_row_and_key(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SMALL, tmp_path / "ours"))
    torch = folder / "torch.toml"
    torch.write_text(torch.read_text(encoding="utf-8").replace("75 90a 120", "75 90x"), encoding="utf-8")
    done = gpuenv("show", "--matrix", "ours", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: the compatibility matrix is broken: {torch}, release[0].build[1].sass: bad-value, value: 75 90x"
        " [matrix-invalid]\n"
        "  hint: gpuenv matrix show\n"
        "  hint: gpuenv matrix list\n"
    )
