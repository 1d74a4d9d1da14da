from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from gpuenv.verify.session import PAYLOADS

SCRIPT = Path(__file__).parent.parent / "data" / "verify" / "make_onnx_model.py"


def load(path: Path) -> Any:  # noqa: ANN401 - a module
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_embedded_model_is_what_its_script_makes() -> None:
    script, payload = load(SCRIPT), load(PAYLOADS / "onnxruntime_checks.py")
    assert script.model() == payload._MODEL
    assert script.INPUTS == payload._SHAPES
