"""docs/verified-machines.md says of each capability where it was proven, and a result is taken in without secrets."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
UUID = "GPU-0a1b2c3d-0000-1111-2222-333344445555"


def write_verified(root: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, root / "scripts" / "write_verified.py", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("scripts", "tests/data/verified"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "docs").mkdir()
    return tmp_path


def envelope(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    check = {"gpu": UUID, "status": "passed", "code": None, "detail": "/home/me/x", "seconds": 0.5}
    data = {
        "venv": "/home/me/.venv",
        "date": "2026-12-24",
        "gpus": [{"name": "NVIDIA H200", "compute_capability": "9.0", "place": UUID}],
        "driver": "580.95.05",
        "platform": "linux-x86_64",
        "python": "3.12",
        "device": "cuda",
        "facts": {"torch": "2.15.0+cu130", "torch-path": "/home/me/.venv/torch", "cudnn": "91900"},
        "checks": [
            {"name": "torch-matmul-float16", **check},
            {"name": "torch-fft", **check, "status": "failed", "code": "cufft-failed"},
        ],
        "profile": {"fp16": "ok", "fft": "fails"},
        **changed,
    }
    return {"schema": 1, "command": "verify", "status": "failed", "exit_code": 3, "data": data, "errors": []}


def test_page_and_results_are_in_step() -> None:
    checked = write_verified(ROOT, "--check")
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr


def test_saved_results_hold_no_paths() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "data" / "verified").glob("*.json")]
    assert texts
    assert not any("/home/" in text or "site-packages" in text or "GPU-" in text for text in texts)


def test_without_a_gpu_the_page_says_so(root: Path) -> None:
    assert write_verified(root).returncode == 0
    page = (root / "docs" / "verified-machines.md").read_text(encoding="utf-8")
    assert "**No GPU yet.**" in page
    assert "| fp16 | by reading | stand-in |" in page


def test_a_result_is_taken_in_without_paths_and_uuids(root: Path) -> None:
    sent = root / "verify.json"
    sent.write_text(json.dumps(envelope()), encoding="utf-8")
    assert write_verified(root, "--add", sent).returncode == 0
    saved = root / "tests" / "data" / "verified" / "2026-12-24-nvidia-h200-torch-2.15.0-cu130.json"
    text = saved.read_text(encoding="utf-8")
    assert "/home/me" not in text
    assert UUID not in text
    assert {check["gpu"] for check in json.loads(text)["checks"]} == {"0"}
    page = (root / "docs" / "verified-machines.md").read_text(encoding="utf-8")
    assert "No GPU yet" not in page
    versions = "torch 2.15.0+cu130, cudnn 91900"
    assert f"| 2026-12-24 | NVIDIA H200 (9.0) | 580.95.05 | linux-x86_64 | 3.12 | {versions} | 1 | 1 | 0 |" in page
    assert "| fp16 | NVIDIA H200 (2026-12-24) | stand-in |" in page
    assert "| fft | fails on NVIDIA H200 (2026-12-24) | " in page


def test_another_commands_result_is_refused(root: Path) -> None:
    sent = root / "plan.json"
    sent.write_text(json.dumps({**envelope(), "command": "plan"}), encoding="utf-8")
    refused = write_verified(root, "--add", sent)
    assert (refused.returncode, refused.stdout) == (1, f"{sent}: not a result of `gpuenv verify --json`\n")
