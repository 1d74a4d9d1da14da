"""The environments that users of five applications were in: distributions that state the right names and versions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from uv import find_uv_bin

from support.small_environments import make_venv, python_of
from support.wheels import make_wheel

STATES: Final = {
    "easyocr-rembg": {"torch": "2.5.1+cu121", "torchvision": "0.20.1+cu121", "onnxruntime": "1.20.1"},
    "easyocr-rembg-vanished-nightly": {
        "torch": "2.10.0.dev20251210+cu128",
        "torchvision": "0.25.0.dev20251210+cu128",
        "onnxruntime": "1.20.1",
    },
    "mmcv-bev": {"torch": "2.4.1+cu124", "torchvision": "0.19.1+cu124", "mmcv": "2.2.0", "mmengine": "0.10.5"},
    "gpt-sovits": {"torch": "2.0.1+cu118", "torchaudio": "2.0.2+cu118", "onnxruntime": "1.16.3"},
    "onnx-tagger": {"onnxruntime": "1.22.1", "numpy": "2.2.6", "pillow": "11.3.0"},
    "gaussian-splatting": {
        "torch": "2.4.1+cu121",
        "torchvision": "0.19.1+cu121",
        "simple-knn": "0.0.0",
        "diff-gaussian-rasterization": "0.0.0",
    },
}
"""Versions by project, by the name of the state."""


def make_portable(app: Path) -> Path:
    """Make a Python of an application's own at `app/runtime`, as one that was unpacked there: no venv."""
    app.mkdir()
    (app / "webui.py").write_text("", encoding="utf-8")
    base, root = Path(sys.base_prefix), app / "runtime"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (root / "bin").mkdir(parents=True)
    shutil.copy2(Path(sys.executable).resolve(), root / "bin" / "python")
    stdlib = root / "lib" / version
    (stdlib / "site-packages").mkdir(parents=True)
    for entry in (base / "lib" / version).iterdir():
        if entry.name != "site-packages":
            (stdlib / entry.name).symlink_to(entry)
    return root


def make_state(root: Path, state: str, wheels: Path) -> Path:
    """Make the environment of a state at `root`, out of small wheels that are written into `wheels`."""
    make_venv(root, dict(os.environ))
    return fill_state(root, state, wheels)


def fill_state(root: Path, state: str, wheels: Path) -> Path:
    """Install what a state has into an environment that is there."""
    environ = dict(os.environ)
    files = [make_wheel(wheels, name, version) for name, version in STATES[state].items()]
    subprocess.run(
        [find_uv_bin(), "pip", "install", "-q", "--offline", "--no-deps", "--python", str(python_of(root)), *files],
        check=True,
        env=environ,
    )
    return root
