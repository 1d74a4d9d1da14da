"""Checks CTranslate2: a small Transformer encoder, made on the spot with the package's own specifications.

A check file of `gpuenv verify --full`, run by `harness.py` in a process of its own. The encoder has one layer: its
products run in cuBLAS, its attention, normalisation and activation in kernels of CTranslate2.
"""

from __future__ import annotations

import importlib
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpuenv.verify.payloads.harness import Bench  # for type checkers: nothing of gpuenv is imported at run time

_WIDTH = 64
_HEADS = 2
_TOKENS = [3, 1, 4, 1, 5, 9]
_ALLOWED = 1e-2
"""Products may run in tf32."""


def import_ctranslate2(bench: Bench) -> str:
    """Import CTranslate2 and count the devices that it sees."""
    ctranslate2 = importlib.import_module("ctranslate2")
    bench.modules["ctranslate2"] = ctranslate2
    bench.fact("ctranslate2", ctranslate2.__version__)
    count = ctranslate2.get_cuda_device_count()
    if bench.device == "cuda" and not count:
        bench.fail("library-uses-cpu", f"ctranslate2 {ctranslate2.__version__} sees no GPU")
    return f"ctranslate2 {ctranslate2.__version__}: {count} GPU"


def encode(bench: Bench) -> str:
    """Encode six tokens in float32; the reference is the same encoder written out in float64."""
    ctranslate2, numpy = bench.modules["ctranslate2"], importlib.import_module("numpy")
    weights = _weights(bench, numpy)
    with tempfile.TemporaryDirectory() as folder:
        _specification(numpy, weights).save(folder)
        encoder = ctranslate2.Encoder(folder, device=bench.device, compute_type="float32")
        state = encoder.forward_batch([_TOKENS]).last_hidden_state
        answer = numpy.array(state.to_device(ctranslate2.Device.cpu) if bench.device == "cuda" else state)
    return bench.compare_rows(answer[0].tolist(), _reference(numpy, weights).tolist(), allowed=_ALLOWED)


def _weights(bench: Bench, numpy: Any) -> dict[str, Any]:  # noqa: ANN401 - a module
    shapes = {"embedding": (16, _WIDTH), "position": (8, _WIDTH), "in": (3 * _WIDTH, _WIDTH), "out": (_WIDTH, _WIDTH)}
    shapes.update({"wide": (2 * _WIDTH, _WIDTH), "narrow": (_WIDTH, 2 * _WIDTH)})
    return {name: numpy.array(bench.rows(*shape)) / 8 for name, shape in shapes.items()}


def _specification(numpy: Any, weights: dict[str, Any]) -> Any:  # noqa: ANN401 - a module
    specs = importlib.import_module("ctranslate2.specs.transformer_spec")
    encoder = specs.TransformerEncoderSpec(1, _HEADS)
    encoder.embeddings[0].weight = weights["embedding"].astype("float32")
    encoder.position_encodings.encodings = weights["position"].astype("float32")
    layer = encoder.layer[0]
    for part in (encoder.layer_norm, layer.self_attention.layer_norm, layer.ffn.layer_norm):
        part.gamma, part.beta = numpy.ones(_WIDTH, "float32"), numpy.zeros(_WIDTH, "float32")
    linear = [*layer.self_attention.linear, layer.ffn.linear_0, layer.ffn.linear_1]
    for part, name in zip(linear, ("in", "out", "wide", "narrow")):  # noqa: B905 - Python 3.8
        part.weight = weights[name].astype("float32")
        part.bias = numpy.zeros(len(part.weight), "float32")
    made = specs.TransformerEncoderModelSpec(encoder)
    made.register_vocabulary([f"token{number}" for number in range(16)])
    made.validate()
    made.optimize()
    return made


def _reference(numpy: Any, weights: dict[str, Any]) -> Any:  # noqa: ANN401 - a module
    def normal(rows: Any) -> Any:  # noqa: ANN401 - arrays
        centred = rows - rows.mean(axis=-1, keepdims=True)
        return centred / numpy.sqrt(rows.var(axis=-1, keepdims=True) + 1e-5)

    rows = weights["embedding"][_TOKENS] * _WIDTH**0.5 + weights["position"][: len(_TOKENS)]
    query, key, value = numpy.split(normal(rows) @ weights["in"].T, 3, axis=-1)
    attended = []
    for head in range(_HEADS):
        part = slice(head * _WIDTH // _HEADS, (head + 1) * _WIDTH // _HEADS)
        scores = query[:, part] @ key[:, part].T / (_WIDTH // _HEADS) ** 0.5
        powers = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
        attended.append(powers / powers.sum(axis=-1, keepdims=True) @ value[:, part])
    rows = rows + numpy.concatenate(attended, axis=-1) @ weights["out"].T
    rows = rows + numpy.maximum(normal(rows) @ weights["wide"].T, 0) @ weights["narrow"].T
    return normal(rows)


def finish(_bench: Bench) -> None:
    """Wait for nothing: the answer has been read."""


def is_device_usable(_bench: Bench) -> bool:
    """Tell that the next check can run: there is none after this one."""
    return True


def report_facts(bench: Bench) -> None:
    """Report the libraries that this process mapped."""
    bench.report_mapped("ctranslate2-")


CHECKS = [
    ("ctranslate2-import", import_ctranslate2, ("cuda", "cpu"), True),
    ("ctranslate2-encode", encode, ("cuda", "cpu")),
]
