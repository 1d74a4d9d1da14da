"""`gpuenv detect` on an environment in which two packages own one folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

import pytest

from support.machine_roots import write

if TYPE_CHECKING:
    from pathlib import Path

SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"


@pytest.mark.skipif(os.name != "posix", reason="the layout of a venv on Linux")
def test_two_onnxruntimes_are_a_warning_with_the_command_that_keeps_one(tmp_path: Path) -> None:
    venv.create(tmp_path / ".venv", with_pip=False)
    for name, digest in (("onnxruntime", "cpu"), ("onnxruntime_gpu", "gpu")):
        info = tmp_path / ".venv" / SITE / f"{name}-1.26.0.dist-info"
        write(info / "METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.26.0\n")
        write(info / "RECORD", f"onnxruntime/capi/x.so,sha256={digest},10\n")
    kept = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    ran = subprocess.run(
        [sys.executable, "-m", "gpuenv", "detect", "--json"],
        cwd=tmp_path,
        env={**kept, "GPUENV_LANG": "en", "GPUENV_GPUS": "none", "LD_LIBRARY_PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    data = json.loads(ran.stdout)["data"]
    assert data["environment"]["shared_folders"] == [
        {"name": "onnxruntime", "owners": ["onnxruntime", "onnxruntime-gpu"]}
    ]
    (warning,) = [found for found in data["warnings"] if found["code"] == "folder-has-several-owners"]
    assert warning["hints"] == ["gpuenv install onnxruntime-gpu"]
