from __future__ import annotations

import importlib.util
import itertools
import math
import random
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuenv.verify.session import PAYLOADS

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_an_answer_in_tf32_is_far_from_what_counts_as_wrong() -> None:
    """Numbers cut off after 10 bits, as the coarsest of kernels do: with inputs four times as large it is not."""
    payload = load(PAYLOADS / "onnxruntime_checks.py")
    differences = []
    for seed in range(40):
        exact, cut_off = (_answers(payload, random.Random(seed).gauss, read) for read in (float, _tf32))  # noqa: S311
        differences += [abs(one - other) for one, other in zip(exact, cut_off, strict=True)]
    largest = max(differences)
    assert 1e-4 < largest < payload._ALLOWED / 2


def _tf32(number: float) -> float:
    bits: int = struct.unpack("<I", struct.pack("<f", number))[0]
    return float(struct.unpack("<f", struct.pack("<I", bits & 0xFFFFE000))[0])


def _answers(payload: Any, draw: Callable[[float, float], float], read: Callable[[float], float]) -> list[float]:  # noqa: ANN401 - a module
    """Compute the model, with each factor as the device reads it."""
    sizes = {name: math.prod(shape) for name, shape in payload._SHAPES.items()}
    image, kernels, weights, bias = (
        [draw(0.0, payload._SCALES[name]) for _ in range(size)] for name, size in sizes.items()
    )

    def pixel(channel: int, row: int, column: int) -> float:
        inside = 0 <= row < 8 and 0 <= column < 8
        return read(image[channel * 64 + row * 8 + column]) if inside else 0.0

    taps = list(itertools.product(range(3), range(3), range(3)))
    answers = []
    for output, row in itertools.product(range(4), range(8)):
        convolved = [
            sum(
                pixel(c, row + y - 1, column + x - 1) * read(kernels[output * 27 + c * 9 + y * 3 + x])
                for c, y, x in taps
            )
            for column in range(8)
        ]
        rectified = [read(max(number, 0.0)) for number in convolved]
        logits = [sum(rectified[k] * read(weights[k * 5 + to]) for k in range(8)) + bias[to] for to in range(5)]
        powers = [math.exp(logit - max(logits)) for logit in logits]
        answers += [power / sum(powers) for power in powers]
    return answers
